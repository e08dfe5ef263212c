/// What an image's header says, before any pixel is decoded.
public struct ImageHeader: Hashable, Sendable, Codable {
    public let format: ImageFormat
    /// Upright width in pixels: EXIF orientation is applied.
    public let width: Int
    /// Upright height in pixels.
    public let height: Int

    public init(format: ImageFormat, width: Int, height: Int) {
        self.format = format
        self.width = width
        self.height = height
    }
}

public enum ImageFormat: String, Hashable, Sendable, Codable, CaseIterable {
    case jpeg, png, webp, gif, tiff, heic, avif

    /// The fixed type that originals are served with.
    public var mediaType: String { "image/\(rawValue)" }

    /// Endings of file names (lower case, without the dot) that `index` looks at.
    public static let fileExtensions: Set<String> = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "heic", "heif", "avif",
    ]
}
