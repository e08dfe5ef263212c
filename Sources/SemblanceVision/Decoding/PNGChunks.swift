/// Looks into a PNG's chunks (W3C PNG, third edition): the declared size, and the orientation in `eXIf`.
package enum PNGChunks {
    private static let signatureByteCount = 8
    /// A chunk's length, type and checksum.
    private static let overheadByteCount = 12
    private static let maximumChunkCount = 1000

    /// Width and height of the header chunk, or `nil` if it is cut off.
    package static func declaredSize(_ bytes: UnsafeRawBufferPointer) -> (width: Int, height: Int)? {
        guard bytes.hasText("IHDR", at: 12), let width = bytes.bigEndian(UInt32.self, at: 16),
            let height = bytes.bigEndian(UInt32.self, at: 20)
        else { return nil }
        return (Int(width), Int(height))
    }

    /// `upright` if no chunk before the end says otherwise.
    package static func orientation(_ bytes: UnsafeRawBufferPointer) -> Orientation {
        var position = signatureByteCount
        for _ in 0..<maximumChunkCount {
            guard let length = bytes.bigEndian(UInt32.self, at: position),
                let body = bytes.slice(position + 8, count: Int(length))
            else { break }
            if bytes.hasText("eXIf", at: position + 4) { return EXIFOrientation.read(body) }
            position += Int(length) + overheadByteCount
        }
        return .upright
    }
}
