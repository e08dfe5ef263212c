import Hummingbird
import NIOCore
import NIOPosix
import SemblanceEngine

extension OriginalFile {
    private static let pieceByteCount = 1 << 17

    /// The file's bytes in pieces, read on threads that may block. It is closed when the last one is sent.
    var responseBody: ResponseBody {
        ResponseBody(contentLength: byteCount) { writer in
            var offset = 0
            while offset < self.byteCount {
                let start = offset
                let piece = try await NIOThreadPool.singleton.runIfActive {
                    try self.read(at: start, upTo: Self.pieceByteCount)
                }
                try await writer.write(ByteBuffer(bytes: piece))
                offset += piece.count
            }
            try await writer.finish(nil)
        }
    }
}
