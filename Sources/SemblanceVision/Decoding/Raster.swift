import CImageKernels

/// Decoded sRGB pixels in the order in which the file stores them: 4 bytes R, G, B and padding each.
package struct Raster: Sendable {
    package let buffer: PixelBuffer
    package let width: Int
    package let height: Int
    /// How the stored rows and columns become the upright image.
    package let orientation: Orientation
    /// Pixels of the file that one of these covers along each side, counted from the first stored row and column; the
    /// last one may cover fewer.
    package let reduction: Int

    /// Bytes from one row to the next.
    package var stride: Int { width * 4 }
    package var uprightWidth: Int { orientation.isTransposed ? height : width }
    package var uprightHeight: Int { orientation.isTransposed ? width : height }

    /// - Precondition: the buffer holds `byteCount(width:height:)` bytes.
    package init(buffer: PixelBuffer, width: Int, height: Int, orientation: Orientation, reduction: Int = 1) {
        precondition(buffer.capacity >= Self.byteCount(width: width, height: height))
        self.buffer = buffer
        self.width = width
        self.height = height
        self.orientation = orientation
        self.reduction = reduction
    }

    /// Bytes for the pixels and for what kernels may read beyond them.
    package static func byteCount(width: Int, height: Int) -> Int {
        width * height * 4 + Int(SEMBLANCE_PIXEL_SLACK)
    }

    package func row(_ index: Int) -> UnsafeMutablePointer<UInt8> { buffer.pointer + index * stride }
}
