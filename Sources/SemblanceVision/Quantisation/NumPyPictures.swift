import Foundation
import SemblanceCore

/// NumPy's file format, version 1.0, for pictures: UInt8 `[pictures, size, size, 3]`.
enum NumPyPictures {
    /// - Throws: `StoreError` with `disk-full`, `data-folder-not-writable`.
    static func write(_ pictures: [PreparedImage], size: Int, to path: String) throws {
        var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(pictures.count), \(size), \(size), 3), }"
        // Magic, version and length take 10 bytes; the data starts at a multiple of 64.
        header += String(repeating: " ", count: (64 - (10 + header.utf8.count + 1) % 64) % 64) + "\n"
        let count = header.utf8.count
        let head = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)] + Array(header.utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DurableFile.error(errno) }
        defer { close(descriptor) }
        try head.withUnsafeBytes { try DurableFile.write($0[...], to: descriptor) }
        for picture in pictures {
            try picture.pixels.withUnsafeBytes { try DurableFile.write($0[...], to: descriptor) }
        }
    }
}
