import CVips
import SemblanceCore

/// Encodes altered copies.
enum JPEGEncoder {
    /// - Parameter quality: 1…100.
    /// - Throws: `ImageError` with `image-encoding-failed`.
    static func encode(_ picture: Picture, quality: Int) throws(ImageError) -> [UInt8] {
        try VipsLibrary.start()
        do {
            return try picture.pixels.withUnsafeBytes { source throws(LibraryFailure) in
                // The memory is lent for the time of this closure only.
                let image = try VipsImageReference {
                    $0 = vips_image_new_from_memory(
                        source.baseAddress, source.count, Int32(picture.width), Int32(picture.height), 3,
                        VIPS_FORMAT_UCHAR)
                    return $0 == nil ? -1 : 0
                }
                var bytes: UnsafeMutableRawPointer?
                var count = 0
                guard semblance_vips_save_jpeg(image.pointer, Int32(quality), &bytes, &count) == 0, let bytes else {
                    throw VipsLibrary.takeError()
                }
                defer { g_free(bytes) }
                return Array(UnsafeRawBufferPointer(start: bytes, count: count))
            }
        } catch {
            throw .encodingFailed(underlying: error)
        }
    }
}
