import CImageKernels
import Foundation
import SemblanceCore

/// How each output pixel along one axis is made of input pixels.
///
/// This is the antialiased convolution that Pillow calls `resize`, the reference of the models' publishers: the
/// filter is stretched by the factor of reduction (never below its natural width), centred on each output pixel,
/// cut off at the image's edge and normalised; weights have 22 fraction bits. Results equal Pillow's exactly.
package struct ResamplingAxis: Sendable {
    /// For each output, the first input that it uses.
    package let first: [Int32]
    /// For each output, how many inputs it uses.
    package let count: [Int32]
    /// `stride` weights for each output, 0 beyond its count.
    package let weights: [Int32]
    /// A multiple of 4.
    package let stride: Int
    /// All inputs that are used by some output.
    package let inputs: Range<Int>

    /// Pixels of the box minus pixels that it is resized to: negative if the image grows.
    package let lostCount: Int

    package var outputCount: Int { first.count }

    /// - Parameters:
    ///   - box: the part of the input that becomes the output, in pixels, within `0…inputCount`. Pixels outside it
    ///     have no influence, as if it had been cut out before.
    ///   - inputCount: pixels of the input along this axis.
    ///   - resizedCount: pixels that the box is resized to.
    ///   - outputs: those of them that are wanted.
    ///   - isMirrored: whether the input's pixels are stored in the opposite order.
    package init(
        box: ClosedRange<Double>, inputCount: Int, resizedCount: Int, outputs: Range<Int>,
        filter: Preprocessing.Filter, isMirrored: Bool = false
    ) {
        precondition(inputCount > 0 && resizedCount > 0 && outputs.upperBound <= resizedCount)
        let limits = Self.wholePixels(of: box, inputCount: inputCount)
        lostCount = limits.count - resizedCount
        let scale = (box.upperBound - box.lowerBound) / Double(resizedCount)
        let stretch = max(scale, 1)
        let support = filter.support * stretch
        let stride = (min(Int(support.rounded(.up)) * 2 + 1, limits.count) + 3) / 4 * 4
        var first = [Int32](repeating: 0, count: outputs.count)
        var count = first
        var weights = [Int32](repeating: 0, count: outputs.count * stride)
        var exact = [Double](repeating: 0, count: stride)
        for (index, output) in outputs.enumerated() {
            let centre = box.lowerBound - Double(limits.lowerBound) + (Double(output) + 0.5) * scale
            let lower = max(0, Int(centre - support + 0.5))
            let upper = min(limits.count, Int(centre + support + 0.5))
            let used = max(0, upper - lower)
            filter.weigh(&exact, count: used, start: Double(lower) - centre + 0.5, stretch: stretch)
            for tap in 0..<used {
                let target = isMirrored ? used - 1 - tap : tap
                weights[index * stride + target] = Self.fixedPoint(exact[tap])
            }
            let start = limits.lowerBound + lower
            first[index] = Int32(isMirrored ? inputCount - start - used : start)
            count[index] = Int32(used)
        }
        let begin = first.min() ?? 0
        let end = zip(first, count).map { $0 + $1 }.max() ?? 0
        self.inputs = Int(begin)..<Int(end)
        self.first = first
        self.count = count
        self.weights = weights
        self.stride = stride
    }

    /// The pixels that a box touches; an edge within a millionth of a pixel of a whole number is that number.
    private static func wholePixels(of box: ClosedRange<Double>, inputCount: Int) -> Range<Int> {
        let lower = min(max(0, Int((box.lowerBound + 1e-6).rounded(.down))), inputCount - 1)
        let upper = min(inputCount, Int((box.upperBound - 1e-6).rounded(.up)))
        return lower..<max(lower + 1, upper)
    }

    private static func fixedPoint(_ weight: Double) -> Int32 {
        let scaled = weight * Double(1 << SEMBLANCE_WEIGHT_BITS)
        return Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
    }

    /// Lends the tables to a kernel, with inputs counted from `origin`.
    func withKernelAxis<Result>(
        countingFrom origin: Int, _ body: (UnsafePointer<semblance_image_axis>) -> Result
    ) -> Result {
        let shifted = origin == 0 ? first : first.map { $0 - Int32(origin) }
        return shifted.withUnsafeBufferPointer { first in
            count.withUnsafeBufferPointer { count in
                weights.withUnsafeBufferPointer { weights in
                    let axis = semblance_image_axis(
                        first: first.baseAddress, count: count.baseAddress, weights: weights.baseAddress,
                        output_count: Int32(outputCount), stride: Int32(stride))
                    return withUnsafePointer(to: axis, body)
                }
            }
        }
    }
}

extension Preprocessing.Filter {
    /// Half the filter's width in input pixels, before it is stretched.
    var support: Double {
        switch self {
        case .bilinear: 1
        case .bicubic: 2
        }
    }

    /// Fills in normalised weights of `count` neighbouring pixels; the first lies `start` pixels from the centre.
    fileprivate func weigh(_ weights: inout [Double], count: Int, start: Double, stretch: Double) {
        let inverse = 1 / stretch
        var sum = 0.0
        for tap in 0..<count {
            let weight = value(at: (Double(tap) + start) * inverse)
            weights[tap] = weight
            sum += weight
        }
        guard sum != 0 else { return }
        for tap in 0..<count { weights[tap] /= sum }
    }

    private func value(at offset: Double) -> Double {
        let distance = abs(offset)
        switch self {
        case .bilinear: return max(0, 1 - distance)
        case .bicubic: return Self.cubic(distance)
        }
    }

    /// Keys' cubic convolution with a = −0.5 (IEEE Trans. ASSP 29, 1981), which reproduces parabolas exactly.
    private static func cubic(_ distance: Double) -> Double {
        let a = -0.5
        if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
        if distance < 2 { return (((distance - 5) * distance + 8) * distance - 4) * a }
        return 0
    }
}
