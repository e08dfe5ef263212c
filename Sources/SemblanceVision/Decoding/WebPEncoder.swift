import CVips
import SemblanceCore

/// Encodes thumbnails.
enum WebPEncoder {
    /// - Parameters:
    ///   - pixels: `width × height` pixels R, G, B.
    ///   - quality: 1…100.
    /// - Throws: `ImageError` with `image-encoding-failed`.
    static func encode(_ pixels: [UInt8], width: Int, height: Int, quality: Int) throws(ImageError) -> [UInt8] {
        try VipsLibrary.start()
        do {
            return try pixels.withUnsafeBytes { source throws(LibraryFailure) in
                // The memory is lent for the time of this closure only.
                let image = try VipsImageReference {
                    $0 = vips_image_new_from_memory(
                        source.baseAddress, source.count, Int32(width), Int32(height), 3, VIPS_FORMAT_UCHAR)
                    return $0 == nil ? -1 : 0
                }
                return try encode(image, quality: quality)
            }
        } catch {
            throw .encodingFailed(underlying: error)
        }
    }

    private static func encode(_ image: borrowing VipsImageReference, quality: Int) throws(LibraryFailure) -> [UInt8] {
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        guard semblance_vips_save_webp(image.pointer, Int32(quality), &bytes, &count) == 0, let bytes else {
            throw VipsLibrary.takeError()
        }
        defer { g_free(bytes) }
        return withoutMetadata(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// Reduces an extended WebP file to its picture. libvips 8.14 adds EXIF data of its own even when told not to.
    private static func withoutMetadata(_ file: UnsafeRawBufferPointer) -> [UInt8] {
        var position = 12
        while let size = file.bigEndian(UInt32.self, at: position + 4).map({ Int($0.byteSwapped) }),
            // Chunks are padded to an even length.
            let chunk = file.slice(position, count: 8 + size + size % 2)
        {
            if chunk.hasText("VP8 ", at: 0) {
                let length = UInt32(4 + chunk.count)
                return Array("RIFF".utf8) + withUnsafeBytes(of: length.littleEndian, Array.init) + Array("WEBP".utf8)
                    + chunk
            }
            position += chunk.count
        }
        return Array(file)
    }
}
