// The files of one embedding space.
//
//     <root>/<catalogue id>/<model digest>/generation-000001/rows           24 bytes a row
//                                                           /quantisations  8 bytes a row: scale and residual
//                                                           /codes          1 byte a component, padded, a row
//                                                           /vectors        4 bytes a component a row
//
// Each file starts with a header of 64 bytes (`FileHeader`). Row n lies at 64 + n × stride in each of them; all
// numbers are little-endian. A record in `rows` holds the image's number and the checksums of what the other files
// hold for it. It is written last: a row exists once its record is there, and a record is whole or it is not
// one, because it ends with a checksum of itself.
//
// Files only grow. Rows are never changed; those that are dead are left out when a new generation is written.

/// One of the files of a generation, in the order of writing.
package enum FileKind: UInt32, CaseIterable, Sendable {
    case vectors = 1
    case codes = 2
    case quantisations = 3
    /// Written last.
    case rows = 4

    package var fileName: String {
        switch self {
        case .vectors: "vectors"
        case .codes: "codes"
        case .quantisations: "quantisations"
        case .rows: "rows"
        }
    }
}

/// Where the parts of a row are, for one dimension.
package struct RowLayout: Hashable, Sendable {
    /// Bytes before row 0.
    package static let headerByteCount = 64
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
        case .codes: codesStride
        case .quantisations: 8
        case .rows: RowRecord.byteCount
        }
    }

    /// Bytes of a row that a scan reads.
    package var scannedByteCount: Int { stride(of: .codes) + stride(of: .quantisations) }

    /// Rows of a cache line or more begin with one, because a read that crosses two takes twice as long. Shorter rows
    /// are not made several times as long for it.
    private var codesStride: Int {
        let unit = dimension < 64 ? 8 : 64
        return (dimension + unit - 1) / unit * unit
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
