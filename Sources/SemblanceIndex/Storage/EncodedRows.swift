import CVectorKernels
import SemblanceCore

/// Rows as the files hold them, ready to be appended after row `firstRow`.
struct EncodedRows {
    let count: Int
    let ids: [Int64]
    private var vectors: [Float] = []
    private var codes: [Int8]
    private var quantisations: [cvk_quantisation] = []
    private var records: [UInt8]

    /// - Precondition: every embedding has the layout's dimension.
    init(_ images: [(CatalogueImage.ID, Embedding)], firstRow: Int, layout: RowLayout) {
        count = images.count
        ids = images.map(\.0.rawValue)
        vectors.reserveCapacity(count * layout.dimension)
        codes = [Int8](repeating: 0, count: count * layout.stride(of: .codes))
        records = [UInt8](repeating: 0, count: count * layout.stride(of: .rows))
        for (index, image) in images.enumerated() {
            encode(image.1.values, at: index, firstRow: firstRow, stride: layout.stride(of: .codes))
        }
    }

    func withBytes<Result>(
        of kind: FileKind, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        switch kind {
        case .vectors: try vectors.withUnsafeBytes(body)
        case .codes: try codes.withUnsafeBytes(body)
        case .quantisations: try quantisations.withUnsafeBytes(body)
        case .rows: try records.withUnsafeBytes(body)
        }
    }

    private mutating func encode(_ values: [Float], at index: Int, firstRow: Int, stride: Int) {
        vectors += values
        let vectorChecksum = values.withUnsafeBytes { cvk_crc32c(0, $0.baseAddress, $0.count) }
        let (quantisation, codesChecksum) = codes.withUnsafeMutableBufferPointer { codes in
            let row = codes.baseAddress! + index * stride
            let quantisation = cvk_quantise_row(values, values.count, row)
            return (quantisation, RowRecord.checksum(row, stride, quantisation))
        }
        quantisations.append(quantisation)
        let record = RowRecord(
            id: ids[index], vectorChecksum: vectorChecksum, codesChecksum: codesChecksum,
            row: UInt32(firstRow + index))
        records.withUnsafeMutableBytes { record.write(to: $0.baseAddress! + index * RowRecord.byteCount) }
    }
}
