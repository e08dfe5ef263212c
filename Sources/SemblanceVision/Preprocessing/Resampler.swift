import CImageKernels
import SemblanceCore

/// Cuts, resizes, turns upright and places decoded pixels on a white canvas.
///
/// Two passes, as in Pillow: along one axis, rounded to bytes, then along the other. Orientation is free: an axis that
/// runs backwards in the file gets mirrored weights, and for a picture that lies on its side the passes change places,
/// so that only the small result is transposed. The bytes are the same as if the whole picture had been turned first.
package struct Resampler: Sendable {
    /// The level of SIMD; results do not depend on it.
    package let simd: semblance_image_simd
    private let buffers: PixelBufferPool

    package init(simd: semblance_image_simd = semblance_image_best_simd(), buffers: PixelBufferPool) {
        self.simd = simd
        self.buffers = buffers
    }

    /// - Parameters:
    ///   - raster: pixels as the file stores them, perhaps of a reduced size.
    ///   - box: what is used, in pixels of the upright image at full size.
    ///   - size: the upright image at full size.
    /// - Returns: `canvasWidth × canvasHeight` pixels R, G, B.
    package func fit(
        _ raster: Raster, box: PixelBox, of size: (width: Int, height: Int), to fitting: Fitting,
        filter: Preprocessing.Filter
    ) -> [UInt8] {
        let orientation = raster.orientation
        let columns = Self.axis(
            box.columns, of: size.width, reducedTo: raster.uprightWidth, by: raster.reduction,
            resizedTo: fitting.resizedWidth,
            outputs: fitting.visibleColumns, filter: filter, isMirrored: orientation.mirrorsColumns)
        let rows = Self.axis(
            box.rows, of: size.height, reducedTo: raster.uprightHeight, by: raster.reduction,
            resizedTo: fitting.resizedHeight,
            outputs: fitting.visibleRows, filter: filter, isMirrored: orientation.mirrorsRows)
        let count = fitting.canvasWidth * fitting.canvasHeight * 3
        return [UInt8](unsafeUninitializedCapacity: count) { canvas, initializedCount in
            guard let base = canvas.baseAddress else { return }
            if fitting.hasMargins { base.update(repeating: 255, count: count) }
            let target = base + (fitting.top * fitting.canvasWidth + fitting.left) * 3
            resample(raster, columns: columns, rows: rows, into: target, stride: fitting.canvasWidth * 3)
            initializedCount = count
        }
    }

    private static func axis(
        _ used: Range<Int>, of fullCount: Int, reducedTo inputCount: Int, by reduction: Int,
        resizedTo resizedCount: Int, outputs: Range<Int>, filter: Preprocessing.Filter, isMirrored: Bool
    ) -> ResamplingAxis {
        // A reduced pixel covers exactly `reduction` full ones, so that the last may reach beyond the image. Seen from
        // the end, as a mirrored axis is, that overhang comes first.
        let factor = 1 / Double(reduction)
        let overhang = isMirrored ? Double(inputCount) - Double(fullCount) * factor : 0
        let box = overhang + Double(used.lowerBound) * factor...overhang + Double(used.upperBound) * factor
        return ResamplingAxis(
            box: box, inputCount: inputCount, resizedCount: resizedCount, outputs: outputs, filter: filter,
            isMirrored: isMirrored)
    }

    private func resample(
        _ raster: Raster, columns: ResamplingAxis, rows: ResamplingAxis, into target: UnsafeMutablePointer<UInt8>,
        stride: Int
    ) {
        let isTransposed = raster.orientation.isTransposed
        // The axes as the file's rows and columns run.
        let across = isTransposed ? rows : columns
        let down = isTransposed ? columns : rows
        withRows(down.outputCount, pixelsPerRow: across.outputCount) { result, resultStride in
            if isTransposed == Self.isVerticalFirst(columns: columns, rows: rows) {
                resampleAcrossFirst(raster, across, down, into: result, stride: resultStride)
            } else {
                resampleDownFirst(raster, across, down, into: result, stride: resultStride)
            }
            if isTransposed {
                semblance_image_pack_transposed(
                    result, resultStride, down.outputCount, across.outputCount, target, stride)
            } else {
                for row in 0..<down.outputCount {
                    semblance_image_pack(result + row * resultStride, across.outputCount, target + row * stride)
                }
            }
        }
    }

    /// Pillow 13 begins with the upright picture's columns if its height shrinks by more than twice as many pixels as
    /// its width; older ones never do. The order matters where the first pass clamps a cubic's overshoot.
    private static func isVerticalFirst(columns: ResamplingAxis, rows: ResamplingAxis) -> Bool {
        rows.lostCount > max(0, 2 * columns.lostCount)
    }

    private func resampleAcrossFirst(
        _ raster: Raster, _ across: ResamplingAxis, _ down: ResamplingAxis,
        into result: UnsafeMutablePointer<UInt8>, stride: Int
    ) {
        let used = down.inputs
        let source = raster.row(used.lowerBound)
        withRows(used.count, pixelsPerRow: across.outputCount) { middle, middleStride in
            across.withKernelAxis(countingFrom: 0) {
                semblance_image_resample_rows(simd, source, raster.stride, used.count, $0, middle, middleStride)
            }
            down.withKernelAxis(countingFrom: used.lowerBound) {
                semblance_image_resample_columns(
                    simd, middle, middleStride, across.outputCount * 4, $0, result, stride)
            }
        }
    }

    private func resampleDownFirst(
        _ raster: Raster, _ across: ResamplingAxis, _ down: ResamplingAxis,
        into result: UnsafeMutablePointer<UInt8>, stride: Int
    ) {
        let used = across.inputs
        let source = raster.row(0) + used.lowerBound * 4
        withRows(down.outputCount, pixelsPerRow: used.count) { middle, middleStride in
            down.withKernelAxis(countingFrom: 0) {
                semblance_image_resample_columns(
                    simd, source, raster.stride, used.count * 4, $0, middle, middleStride)
            }
            across.withKernelAxis(countingFrom: used.lowerBound) {
                semblance_image_resample_rows(
                    simd, middle, middleStride, down.outputCount, $0, result, stride)
            }
        }
    }

    /// Lends rows whose length is padded to what the kernels write.
    private func withRows(_ count: Int, pixelsPerRow: Int, _ body: (UnsafeMutablePointer<UInt8>, Int) -> Void) {
        let slack = Int(SEMBLANCE_PIXEL_SLACK)
        let stride = (pixelsPerRow * 4 + slack - 1) / slack * slack
        let buffer = buffers.take(byteCount: stride * count + slack)
        body(buffer.pointer, stride)
        buffers.giveBack(buffer)
    }
}
