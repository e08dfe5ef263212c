import CImageKernels
import CVips

/// Pulls pixels out of a libvips pipeline, a strip of rows at a time, on the calling thread.
///
/// No whole image in another layout is ever held, and the deadline is looked at between strips.
enum VipsStrips {
    private static let rowCount = 64

    static func read(
        _ image: borrowing VipsImageReference, into raster: Raster, deadline: DecodingDeadline
    ) throws {
        guard let region = vips_region_new(image.pointer) else { throw VipsLibrary.takeError() }
        defer { g_object_unref(region) }
        var top = 0
        while top < raster.height {
            let count = min(rowCount, raster.height - top)
            var strip = VipsRect(left: 0, top: Int32(top), width: Int32(raster.width), height: Int32(count))
            guard vips_region_prepare(region, &strip) == 0 else { throw VipsLibrary.takeError() }
            for row in top..<top + count {
                semblance_image_expand(
                    semblance_vips_region_row(region, Int32(row)), raster.width, Int32(image.bandCount),
                    raster.row(row))
            }
            try deadline.check()
            top += count
        }
    }
}
