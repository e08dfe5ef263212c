import Foundation
import NIOCore

extension ByteBuffer {
    /// Writes all readable bytes to a file, going on where a signal or a short write stopped. Blocks.
    /// - Returns: the error's number, or `nil` when everything is written.
    func writeWhole(to descriptor: Int32) -> Int32? {
        withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let chunk = UnsafeRawBufferPointer(rebasing: rest)
                let count = Foundation.write(descriptor, chunk.baseAddress, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return errno }
                rest = rest.dropFirst(count)
            }
            return nil
        }
    }
}
