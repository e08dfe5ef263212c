// The files of one embedding space.
//
//     <root>/<catalogue id>/<model digest>/generation-000001/rows      24 bytes a row
//                                                           /codes     8 bytes and the codes, padded to 8, a row
//                                                           /vectors   4 bytes a component a row
//
// Each file starts with a header of 64 bytes (`FileHeader`). Row n lies at 64 + n × stride in each of them; all
// numbers are little-endian. A record in `rows` holds the image's number and the checksums of what the other two
// files hold for it. It is written last: a row exists once its record is there, and a record is whole or it is not
// one, because it ends with a checksum of itself.
//
// Files only grow. Rows are never changed; those that are dead are left out when a new generation is written.

/// One of the three files of a generation.
package enum FileKind: UInt32, CaseIterable, Sendable {
    case vectors = 1
    case codes = 2
    /// Written last.
    case rows = 3

    package var fileName: String {
        switch self {
        case .vectors: "vectors"
        case .codes: "codes"
        case .rows: "rows"
        }
    }
}

/// Where the parts of a row are, for one dimension.
package struct RowLayout: Hashable, Sendable {
    /// Bytes before row 0.
    package static let headerByteCount = 64
    /// Bytes of a row's scale and residual, before its codes.
    static let codesHeadByteCount = 8
    /// Dimensions that the kernels can sum without overflow.
    package static let dimensions = 1...65_536

    package let dimension: Int

    package init(dimension: Int) {
        precondition(Self.dimensions.contains(dimension), "expected 1 to 65536 dimensions, not \(dimension)")
        self.dimension = dimension
    }

    /// Bytes a row.
    package func stride(of kind: FileKind) -> Int {
        switch kind {
        case .vectors: 4 * dimension
        case .codes: Self.codesHeadByteCount + (dimension + 7) / 8 * 8
        case .rows: RowRecord.byteCount
        }
    }

    /// Bytes of a file that holds `count` rows.
    package func byteCount(of kind: FileKind, count: Int) -> Int {
        Self.headerByteCount + count * stride(of: kind)
    }

    /// Whole rows in a file of this many bytes.
    package func rowCount(of kind: FileKind, byteCount: Int) -> Int {
        max(0, byteCount - Self.headerByteCount) / stride(of: kind)
    }
}
