import CVips
import SemblanceCore

/// A reference to a libvips image, owned once.
struct VipsImageReference: ~Copyable {
    let pointer: UnsafeMutablePointer<VipsImage>

    /// Takes over the reference that an operation made.
    /// - Throws: what libvips said, if the operation failed.
    init(
        _ operation: (inout UnsafeMutablePointer<VipsImage>?) -> Int32
    ) throws(LibraryFailure) {
        var image: UnsafeMutablePointer<VipsImage>?
        guard operation(&image) == 0, let image else {
            if let image { g_object_unref(image) }
            throw VipsLibrary.takeError()
        }
        pointer = image
    }

    deinit { g_object_unref(pointer) }

    var width: Int { Int(vips_image_get_width(pointer)) }
    var height: Int { Int(vips_image_get_height(pointer)) }
    var bandCount: Int { Int(vips_image_get_bands(pointer)) }
    var interpretation: VipsInterpretation { vips_image_guess_interpretation(pointer) }
    var isBytes: Bool { vips_image_get_format(pointer) == VIPS_FORMAT_UCHAR }
}

/// A picture opened by libvips: its header is read, its pixels are not.
struct VipsPicture: ~Copyable {
    private let image: VipsImageReference
    private let bytes: UnsafeRawBufferPointer
    private let format: ImageFormat
    let orientation: Orientation

    /// - Parameter bytes: must stay in place for as long as this picture lives.
    /// - Throws: `ImageError` with `image-damaged`.
    init(_ bytes: UnsafeRawBufferPointer, format: ImageFormat) throws(ImageError) {
        try VipsLibrary.start()
        do {
            image = try VipsImageReference { Self.load(bytes, format, &$0) }
        } catch {
            throw .damaged(format, underlying: error)
        }
        self.bytes = bytes
        self.format = format
        orientation = Self.orientation(of: image, bytes, format)
    }

    /// Stored width in pixels.
    var width: Int { image.width }
    /// Stored height in pixels.
    var height: Int { image.height }

    private static func load(
        _ bytes: UnsafeRawBufferPointer, _ format: ImageFormat, _ image: inout UnsafeMutablePointer<VipsImage>?
    ) -> Int32 {
        switch format {
        case .jpeg: semblance_vips_load_jpeg(bytes.baseAddress, bytes.count, 1, &image)
        case .png: semblance_vips_load_png(bytes.baseAddress, bytes.count, &image)
        case .webp: semblance_vips_load_webp(bytes.baseAddress, bytes.count, &image)
        case .gif: semblance_vips_load_gif(bytes.baseAddress, bytes.count, &image)
        case .tiff: semblance_vips_load_tiff(bytes.baseAddress, bytes.count, &image)
        case .heic, .avif: semblance_vips_load_heif(bytes.baseAddress, bytes.count, &image)
        }
    }

    private static func orientation(
        of image: borrowing VipsImageReference, _ bytes: UnsafeRawBufferPointer, _ format: ImageFormat
    ) -> Orientation {
        switch format {
        // libheif has turned the picture already, as the format demands.
        case .heic, .avif: .upright
        // libvips 8.14 does not look into a PNG's eXIf chunk.
        case .png: PNGChunks.orientation(bytes)
        default: Orientation(rawValue: Int(vips_image_get_orientation(image.pointer))) ?? .upright
        }
    }

    /// Decodes all pixels, converted to sRGB over white, strip by strip.
    /// - Parameter reduction: 1, 2, 4 or 8; only JPEG can make use of it.
    /// - Throws: `ImageError`: damaged or too slow.
    func decode(
        reduction: Int, buffers: PixelBufferPool, deadline: DecodingDeadline
    ) throws(ImageError) -> Raster {
        guard format == .jpeg, reduction > 1 else {
            return try decode(image, reduction: 1, buffers: buffers, deadline: deadline)
        }
        let bytes = self.bytes
        do {
            let reduced = try VipsImageReference {
                semblance_vips_load_jpeg(bytes.baseAddress, bytes.count, Int32(reduction), &$0)
            }
            return try decode(reduced, reduction: reduction, buffers: buffers, deadline: deadline)
        } catch {
            throw error as? ImageError ?? .damaged(format, underlying: error)
        }
    }

    private func decode(
        _ image: borrowing VipsImageReference, reduction: Int, buffers: PixelBufferPool, deadline: DecodingDeadline
    ) throws(ImageError) -> Raster {
        let (width, height) = (image.width, image.height)
        let buffer = buffers.take(byteCount: Raster.byteCount(width: width, height: height))
        do {
            let raster = Raster(
                buffer: buffer, width: width, height: height, orientation: orientation, reduction: reduction)
            try VipsColour.withByteImage(image, hasProfile: embeddedProfile) { converted in
                try VipsStrips.read(converted, into: raster, deadline: deadline)
            }
            return raster
        } catch {
            buffers.giveBack(buffer)
            throw error as? ImageError ?? .damaged(format, underlying: error)
        }
    }

    /// Whether the picture carries a profile whose meaning differs from sRGB.
    private var embeddedProfile: Bool {
        var data: UnsafeRawPointer?
        var count = 0
        guard vips_image_get_typeof(image.pointer, VIPS_META_ICC_NAME) != 0,
            vips_image_get_blob(image.pointer, VIPS_META_ICC_NAME, &data, &count) == 0, let data
        else { return false }
        return !ICCProfile.isSRGB(UnsafeRawBufferPointer(start: data, count: count))
    }
}
