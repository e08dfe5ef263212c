import CZlib
import SemblanceCore

/// Decompresses gzip (RFC 1952).
package enum GzipStream {
    /// The contents of a gzip file with one member.
    /// - Parameter limit: bytes that the contents may have; a small file can claim to hold very many.
    /// - Throws: `model-checkpoint-damaged`, naming `fileName`.
    package static func contents(
        of bytes: UnsafeRawBufferPointer, limit: Int, fileName: String
    ) throws(ModelError) -> [UInt8] {
        var stream = z_stream()
        // 16 more than the largest window means gzip's header and checksum.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw damaged(fileName, "zlib could not start")
        }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(clamping: bytes.count)
        var status = Z_OK
        let contents = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(clamping: limit)
            status = inflate(&stream, Z_FINISH)
            count = limit - Int(stream.avail_out)
        }
        switch status {
        case Z_STREAM_END: return contents
        case Z_BUF_ERROR where stream.avail_out == 0:
            throw damaged(fileName, "it holds more than \(limit) bytes")
        case Z_BUF_ERROR: throw damaged(fileName, "it ends after \(bytes.count) bytes, in the middle")
        default: throw damaged(fileName, "it is no gzip stream (zlib's status \(status) at byte \(stream.total_in))")
        }
    }

    private static func damaged(_ fileName: String, _ reason: String) -> ModelError {
        ModelError(.damagedCheckpoint, "The file '\(fileName)' cannot be decompressed: \(reason).")
    }
}
