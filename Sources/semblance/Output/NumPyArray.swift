/// NumPy's file format, version 1.0, for Float32 matrices
/// (numpy.org, "numpy.lib.format": magic, header length, a Python literal padded with spaces, then rows).
enum NumPyArray {
    /// - Parameter columns: the length of each row.
    static func encode(_ rows: [[Float]], columns: Int) -> [UInt8] {
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows.count), \(columns)), }"
        // Magic, version and length take 10 bytes; the data starts at a multiple of 64.
        let padding = (64 - (10 + header.utf8.count + 1) % 64) % 64
        header += String(repeating: " ", count: padding) + "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
        bytes += Array(header.utf8)
        bytes.reserveCapacity(bytes.count + rows.count * columns * 4)
        for row in rows {
            for value in row { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
        }
        return bytes
    }
}
