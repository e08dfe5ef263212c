import CVectorKernels
import SemblanceCore

/// Rows as the three files hold them, ready to be appended after row `firstRow`.
struct EncodedRows {
    let count: Int
    let ids: [Int64]
    private(set) var vectors: [UInt8]
    private(set) var codes: [UInt8]
    private(set) var rows: [UInt8]

    /// - Precondition: every embedding has the layout's dimension.
    init(_ images: [(CatalogueImage.ID, Embedding)], firstRow: Int, layout: RowLayout) {
        count = images.count
        ids = images.map(\.0.rawValue)
        vectors = [UInt8](repeating: 0, count: count * layout.stride(of: .vectors))
        codes = [UInt8](repeating: 0, count: count * layout.stride(of: .codes))
        rows = [UInt8](repeating: 0, count: count * layout.stride(of: .rows))
        for (index, image) in images.enumerated() {
            encode(image.1.values, at: index, firstRow: firstRow, layout: layout)
        }
    }

    func bytes(of kind: FileKind) -> [UInt8] {
        switch kind {
        case .vectors: vectors
        case .codes: codes
        case .rows: rows
        }
    }

    private mutating func encode(_ values: [Float], at index: Int, firstRow: Int, layout: RowLayout) {
        let vectorStride = layout.stride(of: .vectors)
        let codesStride = layout.stride(of: .codes)
        let vectorChecksum = values.withUnsafeBytes { source in
            vectors.withUnsafeMutableBytes { $0.baseAddress! + index * vectorStride }
                .copyMemory(from: source.baseAddress!, byteCount: vectorStride)
            return cvk_crc32c(0, source.baseAddress, vectorStride)
        }
        let codesChecksum = codes.withUnsafeMutableBytes { buffer in
            let row = buffer.baseAddress! + index * codesStride
            RowQuantiser.quantise(values, into: row)
            return cvk_crc32c(0, row, codesStride)
        }
        let record = RowRecord(
            id: ids[index], vectorChecksum: vectorChecksum, codesChecksum: codesChecksum,
            row: UInt32(firstRow + index))
        rows.withUnsafeMutableBytes { record.write(to: $0.baseAddress! + index * RowRecord.byteCount) }
    }
}

/// Writes a row of the codes file.
enum RowQuantiser {
    /// - Parameter row: `RowLayout.stride(of: .codes)` zeroed bytes.
    static func quantise(_ values: [Float], into row: UnsafeMutableRawPointer) {
        var head = cvk_row_head()
        let codes = (row + RowLayout.codesHeadByteCount).assumingMemoryBound(to: Int8.self)
        values.withUnsafeBufferPointer { cvk_quantise_row($0.baseAddress, $0.count, codes, &head) }
        row.storeBytes(of: head.scale, as: Float.self)
        row.storeBytes(of: head.residual, toByteOffset: 4, as: Float.self)
    }
}
