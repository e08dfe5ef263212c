import CVectorKernels

/// A row's entry in the `rows` file.
struct RowRecord: Hashable {
    static let byteCount = 24

    let id: Int64
    let vectorChecksum: UInt32
    /// Of the codes and what they are worth.
    let codesChecksum: UInt32
    /// The row's own place, so that a record that was written elsewhere is not taken for this one.
    let row: UInt32

    init(id: Int64, vectorChecksum: UInt32, codesChecksum: UInt32, row: UInt32) {
        self.id = id
        self.vectorChecksum = vectorChecksum
        self.codesChecksum = codesChecksum
        self.row = row
    }

    /// Reads a record; `nil` if it is not whole or belongs to another row.
    init?(at pointer: UnsafeRawPointer, row: Int) {
        guard cvk_crc32c(0, pointer, 20) == pointer.loadUnaligned(fromByteOffset: 20, as: UInt32.self) else {
            return nil
        }
        id = pointer.loadUnaligned(as: Int64.self)
        vectorChecksum = pointer.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        codesChecksum = pointer.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        self.row = pointer.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
        guard self.row == UInt32(row) else { return nil }
    }

    /// - Parameter stride: bytes of the codes with what pads them.
    static func checksum(_ codes: UnsafePointer<Int8>, _ stride: Int, _ quantisation: cvk_quantisation) -> UInt32 {
        withUnsafeBytes(of: quantisation) { cvk_crc32c(cvk_crc32c(0, codes, stride), $0.baseAddress, $0.count) }
    }

    func write(to pointer: UnsafeMutableRawPointer) {
        pointer.storeBytes(of: id, as: Int64.self)
        pointer.storeBytes(of: vectorChecksum, toByteOffset: 8, as: UInt32.self)
        pointer.storeBytes(of: codesChecksum, toByteOffset: 12, as: UInt32.self)
        pointer.storeBytes(of: row, toByteOffset: 16, as: UInt32.self)
        pointer.storeBytes(of: cvk_crc32c(0, pointer, 20), toByteOffset: 20, as: UInt32.self)
    }
}
