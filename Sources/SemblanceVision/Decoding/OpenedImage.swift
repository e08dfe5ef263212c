import SemblanceCore

/// An image whose format is known and whose header has passed the limits; no pixel has been allocated.
struct OpenedImage: ~Copyable {
    /// No side may be longer, whatever the number of pixels: what JPEG itself can hold. It bounds a resampler's tables.
    static let maximumSide = 65_535

    /// What one scan of a JPEG over one pixel costs, generously: 0.06 was measured for empty ones.
    private static let nanosecondsPerPixelAndScan = 1

    private enum Source: ~Copyable {
        case turboJPEG(TurboJPEGDecoder)
        case vips(VipsPicture)
    }

    let header: ImageHeader
    private let source: Source
    /// Time that decoding will take at most, as far as it can be told ahead.
    private let expectedCost: Duration

    /// Sniffs, reads the header and checks it.
    /// - Parameter bytes: must stay in place for as long as this value lives.
    /// - Throws: `ImageError`.
    init(_ bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(ImageError) {
        guard !bytes.isEmpty else { throw .emptyFile() }
        guard bytes.count <= limits.maximumByteCount else {
            throw .tooManyBytes(bytes.count, limit: limits.maximumByteCount)
        }
        guard let format = ImageSignature.format(of: bytes) else { throw .unsupported(bytes) }
        if format == .jpeg {
            self = try OpenedImage(jpeg: bytes, limits: limits)
            return
        }
        if format == .png, let size = PNGChunks.declaredSize(bytes) {
            try Self.check(width: size.width, height: size.height, limits: limits)
        }
        self = try OpenedImage(vips: bytes, format: format, limits: limits)
    }

    private init(jpeg bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(ImageError) {
        guard let summary = JPEGSummary(bytes) else { throw .damaged(.jpeg) }
        try Self.check(width: summary.width, height: summary.height, limits: limits)
        guard summary.bitsPerComponent == 8 else { throw .unsupportedDepth(summary.bitsPerComponent) }
        let cost = Self.cost(of: summary, in: bytes)
        guard let decoder = TurboJPEGDecoder(bytes, summary: summary) else {
            self = try OpenedImage(vips: bytes, format: .jpeg, limits: limits, expectedCost: cost)
            return
        }
        expectedCost = cost
        header = Self.header(.jpeg, summary.width, summary.height, summary.orientation)
        source = .turboJPEG(decoder)
    }

    private init(
        vips bytes: UnsafeRawBufferPointer, format: ImageFormat, limits: DecodingLimits,
        expectedCost: Duration = .zero
    ) throws(ImageError) {
        self.expectedCost = expectedCost
        let picture = try VipsPicture(bytes, format: format)
        try Self.check(width: picture.width, height: picture.height, limits: limits)
        header = Self.header(format, picture.width, picture.height, picture.orientation)
        source = .vips(picture)
    }

    /// A few kilobytes can hold hundreds of empty scans, each of which walks over the whole image, and a decoder at
    /// work cannot be stopped: so their cost is bounded before it starts.
    private static func cost(of summary: JPEGSummary, in bytes: UnsafeRawBufferPointer) -> Duration {
        let pixelCount = summary.width * summary.height
        return .nanoseconds(pixelCount * summary.scanCount(in: bytes) * nanosecondsPerPixelAndScan)
    }

    private static func check(width: Int, height: Int, limits: DecodingLimits) throws(ImageError) {
        guard width > 0, height > 0 else { throw .noPixels(width: width, height: height) }
        let (pixelCount, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, pixelCount <= limits.maximumPixelCount else {
            throw .tooManyPixels(width: width, height: height, limit: limits.maximumPixelCount)
        }
        guard max(width, height) <= maximumSide else {
            throw .sideTooLong(width: width, height: height, limit: maximumSide)
        }
    }

    private static func header(
        _ format: ImageFormat, _ width: Int, _ height: Int, _ orientation: Orientation
    ) -> ImageHeader {
        let (width, height) = orientation.isTransposed ? (height, width) : (width, height)
        return ImageHeader(format: format, width: width, height: height)
    }

    /// Decodes, at a reduced size if the format can and the image stays large enough.
    /// - Parameter reduction: the largest factor, 1, 2, 4 or 8, by which the caller lets the image shrink.
    /// - Throws: `ImageError`.
    func decode(
        reduction: Int, buffers: PixelBufferPool, deadline: DecodingDeadline
    ) throws(ImageError) -> Raster {
        try deadline.check(expecting: expectedCost)
        switch source {
        case .turboJPEG(let decoder):
            return try decoder.decode(reduction: reduction, buffers: buffers, deadline: deadline)
        case .vips(let picture):
            return try picture.decode(reduction: reduction, buffers: buffers, deadline: deadline)
        }
    }
}
