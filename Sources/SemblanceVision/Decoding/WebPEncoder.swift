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
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }
}
