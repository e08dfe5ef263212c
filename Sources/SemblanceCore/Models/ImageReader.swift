/// Reads untrusted image bytes. Thread-safe. Calls block: run them on a `ThreadPool`.
public protocol ImageReader: Sendable {
    /// Reads the header only and checks it against the limits.
    /// - Throws: `ImageError`.
    func header(of bytes: UnsafeRawBufferPointer) throws -> ImageHeader
    /// Decodes, turns upright, converts to sRGB, cuts the region, and fits the model's input.
    /// - Parameter region: in fractions of the upright image; `nil` means all of it.
    /// - Throws: `ImageError`.
    func prepare(_ bytes: UnsafeRawBufferPointer, for preprocessing: Preprocessing, region: Region?) throws
        -> DecodedImage
    /// Makes a thumbnail: longest side `longestSide` pixels (never enlarged), WebP.
    /// - Throws: `ImageError`.
    func thumbnail(of bytes: UnsafeRawBufferPointer, longestSide: Int) throws -> [UInt8]
}

/// A header and the prepared pixels, from one pass over the bytes.
public struct DecodedImage: Hashable, Sendable {
    public let header: ImageHeader
    public let prepared: PreparedImage

    public init(header: ImageHeader, prepared: PreparedImage) {
        self.header = header
        self.prepared = prepared
    }
}

/// Limits on one untrusted image, checked before pixels are allocated.
public struct DecodingLimits: Hashable, Sendable, Codable {
    /// Bytes of a file. Default 50 MB; 1 kB…4 GB.
    public var maximumByteCount: Int
    /// Width times height. Default 100 million; 1…1 billion.
    public var maximumPixelCount: Int
    /// Time to decode one file. Default 30 s; 100 ms…1 h.
    public var timeLimit: Duration

    public init(
        maximumByteCount: Int = 50_000_000, maximumPixelCount: Int = 100_000_000, timeLimit: Duration = .seconds(30)
    ) {
        self.maximumByteCount = maximumByteCount
        self.maximumPixelCount = maximumPixelCount
        self.timeLimit = timeLimit
    }

    /// - Throws: `RequestError` naming the value that is out of range.
    public func validate() throws {
        guard (1_000...4_000_000_000).contains(maximumByteCount) else {
            throw RequestError(
                .invalidQuery, "The limit on a file's size is 1 kB to 4 GB, not \(maximumByteCount) bytes.")
        }
        guard (1...1_000_000_000).contains(maximumPixelCount) else {
            throw RequestError(.invalidQuery, "The limit on pixels is 1 to 1,000,000,000, not \(maximumPixelCount).")
        }
        guard timeLimit >= .milliseconds(100), timeLimit <= .seconds(3600) else {
            throw RequestError(.invalidQuery, "The limit on decoding time is 0.1 to 3,600 seconds.")
        }
    }
}
