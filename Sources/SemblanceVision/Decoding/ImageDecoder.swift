import SemblanceCore

/// Reads untrusted images: JPEG, PNG, WebP, GIF (first frame), TIFF, HEIC and AVIF.
///
/// The way of the bytes: sniff the format → read the header and check the limits → decode to sRGB over white
/// (plain JPEGs with TurboJPEG, reduced within the DCT; all else with libvips) → cut, resize and turn upright in one
/// step (`Resampler`) → the model's input.
///
/// Thread-safe; calls block. Memory: 4 bytes a decoded pixel, plus what a library needs for itself. Buffers of up
/// to 16 MB are kept for reuse.
///
/// Time: libvips' pipelines stop at the deadline; a codec that decodes a whole picture in one call (WebP, HEIC, AVIF,
/// a JPEG's single scan) is bounded by the limits on bytes and pixels, and its picture is refused afterwards.
public final class ImageDecoder: ImageReader {
    /// A JPEG may be reduced while it keeps this many times the target in both directions.
    private static let reserve = 2
    /// Sizes that a DCT can be cut to with SIMD: 8, 4, 2 or 1 of 8 coefficients.
    private static let reductions = [8, 4, 2]
    private static let thumbnailQuality = 80

    public let limits: DecodingLimits
    private let allowsReduction: Bool
    private let buffers = PixelBufferPool()
    private let resampler: Resampler

    /// - Parameters:
    ///   - limits: see `DecodingLimits`; call its `validate()` before.
    ///   - allowsReduction: `false` decodes every JPEG whole: slower, and the reference for what reduction costs.
    public init(limits: DecodingLimits = DecodingLimits(), allowsReduction: Bool = true) {
        self.limits = limits
        self.allowsReduction = allowsReduction
        resampler = Resampler(buffers: buffers)
    }

    public func header(of bytes: UnsafeRawBufferPointer) throws -> ImageHeader {
        try OpenedImage(bytes, limits: limits).header
    }

    public func prepare(
        _ bytes: UnsafeRawBufferPointer, for preprocessing: Preprocessing, region: Region?
    ) throws -> DecodedImage {
        let deadline = DecodingDeadline(limit: limits.timeLimit)
        let image = try OpenedImage(bytes, limits: limits)
        let header = image.header
        let box =
            try region.map { try PixelBox($0, width: header.width, height: header.height) }
            ?? PixelBox(width: header.width, height: header.height)
        let fitting = Fitting(width: box.width, height: box.height, preprocessing: preprocessing)
        let pixels = try fit(image, box: box, to: fitting, filter: preprocessing.filter, deadline: deadline)
        return DecodedImage(
            header: header,
            prepared: PreparedImage(width: fitting.canvasWidth, height: fitting.canvasHeight, pixels: pixels))
    }

    public func thumbnail(of bytes: UnsafeRawBufferPointer, longestSide: Int) throws -> [UInt8] {
        let picture = try picture(of: bytes, longestSide: longestSide)
        return try WebPEncoder.encode(
            picture.pixels, width: picture.width, height: picture.height, quality: Self.thumbnailQuality)
    }

    /// The upright picture over white, its longest side at most `longestSide` pixels; never enlarged.
    /// - Throws: `ImageError`.
    package func picture(of bytes: UnsafeRawBufferPointer, longestSide: Int) throws -> Picture {
        precondition(longestSide > 0, "a picture has at least one pixel")
        let deadline = DecodingDeadline(limit: limits.timeLimit)
        let image = try OpenedImage(bytes, limits: limits)
        let box = PixelBox(width: image.header.width, height: image.header.height)
        let fitting = Fitting(width: box.width, height: box.height, thumbnailOf: longestSide)
        let pixels = try fit(image, box: box, to: fitting, filter: .bicubic, deadline: deadline)
        return Picture(width: fitting.canvasWidth, height: fitting.canvasHeight, pixels: pixels)
    }

    private func fit(
        _ image: borrowing OpenedImage, box: PixelBox, to fitting: Fitting, filter: Preprocessing.Filter,
        deadline: DecodingDeadline
    ) throws(ImageError) -> [UInt8] {
        let reduction = allowsReduction ? Self.reduction(from: box, to: fitting) : 1
        let raster = try image.decode(reduction: reduction, buffers: buffers, deadline: deadline)
        defer { buffers.giveBack(raster.buffer) }
        return resampler.fit(
            raster, box: box, of: (image.header.width, image.header.height), to: fitting, filter: filter)
    }

    /// The largest reduction that leaves the used part at least twice its target, in both directions.
    package static func reduction(from box: PixelBox, to fitting: Fitting) -> Int {
        reductions.first {
            box.width >= reserve * fitting.resizedWidth * $0 && box.height >= reserve * fitting.resizedHeight * $0
        } ?? 1
    }
}
