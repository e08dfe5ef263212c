import Foundation
import SemblanceCore

/// Which colours a picture has, wherever they are (Swain and Ballard, "Color indexing", IJCV 7(1), 1991).
///
/// Colours are those of CIELAB, in which equal distances look about equally far apart. Bins are 20 apart in lightness (6
/// of them) and 30 apart on both other axes (7 each), with a bin in the middle for what has no hue. Each pixel is shared
/// among the eight bins around it by trilinear interpolation, so that a colour near the edge of a bin does not jump. A
/// component is the root of a bin's share: the scalar product of two such vectors is the Bhattacharyya coefficient of the
/// histograms ("Hellinger kernel"; Arandjelović and Zisserman, CVPR 2012), so cosine similarity compares them well.
package struct ColourHistogram: ClassicalDescriptor {
    package static let family = "colour-histogram"
    package static let revision = 1
    private static let lightnesses = Axis(count: 6, lowest: 0, step: 20)
    private static let hues = Axis(count: 7, lowest: -90, step: 30)
    package static let dimension = lightnesses.count * hues.count * hues.count
    package static let preprocessing = Preprocessing(
        size: 64, fit: .stretch, filter: .bilinear, mean: [0, 0, 0], deviation: [1, 1, 1])

    package init() {}

    package static func accepts(size: Int) -> Bool { true }

    package func values(of image: PreparedImage) -> [Float] {
        var bins = [Double](repeating: 0, count: Self.dimension)
        for pixel in stride(from: 0, to: image.pixels.count, by: 3) {
            let colour = Lab(red: image.pixels[pixel], green: image.pixels[pixel + 1], blue: image.pixels[pixel + 2])
            Self.add(colour, to: &bins)
        }
        let pixelCount = Double(image.width * image.height)
        return bins.map { Float(($0 / pixelCount).squareRoot()) }
    }

    private static func add(_ colour: Lab, to bins: inout [Double]) {
        let lightness = lightnesses.place(colour.lightness)
        let (a, b) = (hues.place(colour.a), hues.place(colour.b))
        for corner in 0..<8 {
            let (up, right, far) = (corner & 1, corner >> 1 & 1, corner >> 2)
            let weight = lightness.weight(up) * a.weight(right) * b.weight(far)
            guard weight > 0 else { continue }
            bins[((lightness.bin + up) * hues.count + a.bin + right) * hues.count + b.bin + far] += weight
        }
    }
}

/// Bins along one axis of a colour space.
private struct Axis {
    let count: Int
    /// The middle of the first bin.
    let lowest: Double
    let step: Double

    /// Between which two bins a value lies, and how near it is to the second.
    struct Place {
        let bin: Int
        let share: Double

        func weight(_ offset: Int) -> Double { offset == 0 ? 1 - share : share }
    }

    /// Values outside the axis belong to its ends.
    func place(_ value: Double) -> Place {
        let exact = min(max((value - lowest) / step, 0), Double(count - 1))
        let bin = min(Int(exact), count - 2)
        return Place(bin: bin, share: exact - Double(bin))
    }
}

/// A colour of CIELAB under D65, from sRGB (IEC 61966-2-1; CIE 15).
struct Lab {
    let lightness: Double
    let a: Double
    let b: Double

    init(red: UInt8, green: UInt8, blue: UInt8) {
        let (red, green, blue) = (Self.linear[Int(red)], Self.linear[Int(green)], Self.linear[Int(blue)])
        let x = Self.root((0.412453 * red + 0.357580 * green + 0.180423 * blue) / 0.95047)
        let y = Self.root(0.212671 * red + 0.715160 * green + 0.072169 * blue)
        let z = Self.root((0.019334 * red + 0.119193 * green + 0.950227 * blue) / 1.08883)
        lightness = 116 * y - 16
        a = 500 * (x - y)
        b = 200 * (y - z)
    }

    private static func root(_ value: Double) -> Double {
        value > 0.008856 ? cbrt(value) : 7.787 * value + 16.0 / 116
    }

    /// Light of each of the 256 values of a channel.
    private static let linear: [Double] = (0...255).map { value in
        let value = Double(value) / 255
        return value > 0.04045 ? pow((value + 0.055) / 1.055, 2.4) : value / 12.92
    }
}
