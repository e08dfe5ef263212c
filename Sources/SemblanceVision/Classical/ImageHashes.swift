// Image hashes as vectors: bits are components of +1 and −1, so that cosine similarity is 1 − 2h/64 for a Hamming
// distance of h. They see no colour.

import Foundation
import SemblanceCore

/// Which of two neighbouring places is brighter (Krawetz, "Kind of like that", hackerfactor.com 2013).
///
/// The picture is reduced to nine columns and eight rows of mean brightness, and a bit says that a place is brighter than
/// the one to its left. Equal ones count as not brighter.
package struct DifferenceHash: ClassicalDescriptor {
    package static let family = "dhash"
    package static let revision = 1
    package static let dimension = rowCount * (columnCount - 1)
    /// The fewest pixels a side that both nine columns and eight rows divide.
    package static let preprocessing = Preprocessing(
        size: 72, fit: .stretch, filter: .bilinear, mean: [0, 0, 0], deviation: [1, 1, 1])
    private static let columnCount = 9
    private static let rowCount = 8

    package init() {}

    package static func accepts(size: Int) -> Bool { size.isMultiple(of: rowCount * columnCount) }

    package func values(of image: PreparedImage) -> [Float] {
        var sums = [Int](repeating: 0, count: Self.columnCount * Self.rowCount)
        let (width, height) = (image.width / Self.columnCount, image.height / Self.rowCount)
        for (pixel, brightness) in image.brightness.enumerated() {
            let (row, column) = (pixel / image.width / height, pixel % image.width / width)
            sums[row * Self.columnCount + column] += brightness
        }
        return (0..<Self.dimension).map { bit in
            let left = bit / (Self.columnCount - 1) * Self.columnCount + bit % (Self.columnCount - 1)
            return sums[left + 1] > sums[left] ? 1 : -1
        }
    }
}

/// Which of the lowest frequencies are strong (Zauner, "Implementation and benchmarking of perceptual image hash
/// functions", 2010; as ImageHash computes it).
///
/// The picture is reduced to 32 × 32 brightnesses; of their discrete cosine transform (type II) the 8 × 8 lowest
/// frequencies count, and a bit says that one is above their median.
package struct PerceptualHash: ClassicalDescriptor {
    package static let family = "phash"
    package static let revision = 1
    package static let dimension = side * side
    package static let preprocessing = Preprocessing(
        size: pictureSide, fit: .stretch, filter: .bicubic, mean: [0, 0, 0], deviation: [1, 1, 1])
    private static let pictureSide = 32
    private static let side = 8
    /// Above what rounding leaves of a frequency that is not there: an even picture has only the first.
    private static let tolerance = 1e-6

    package init() {}

    package static func accepts(size: Int) -> Bool { size == pictureSide }

    package func values(of image: PreparedImage) -> [Float] {
        let frequencies = Self.lowestFrequencies(of: image.brightness)
        let sorted = frequencies.sorted()
        let median = (sorted[Self.dimension / 2 - 1] + sorted[Self.dimension / 2]) / 2
        return frequencies.map { $0 > median + Self.tolerance ? 1 : -1 }
    }

    /// Row by row; the first is the sum of all, times four.
    private static func lowestFrequencies(of brightness: [Int]) -> [Double] {
        var columns = [Double](repeating: 0, count: side * pictureSide)
        for frequency in 0..<side {
            for x in 0..<pictureSide {
                var sum = 0.0
                for y in 0..<pictureSide {
                    sum += Double(brightness[y * pictureSide + x]) * cosines[frequency * pictureSide + y]
                }
                columns[frequency * pictureSide + x] = 2 * sum
            }
        }
        return (0..<dimension).map { place in
            let (row, column) = (place / side, place % side)
            var sum = 0.0
            for x in 0..<pictureSide { sum += columns[row * pictureSide + x] * cosines[column * pictureSide + x] }
            return 2 * sum
        }
    }

    private static let cosines: [Double] = (0..<(side * pictureSide)).map { place in
        let (frequency, sample) = (Double(place / pictureSide), Double(place % pictureSide))
        return cos(.pi * frequency * (2 * sample + 1) / Double(2 * pictureSide))
    }
}

extension PreparedImage {
    /// ITU-R 601-2 luma of each pixel, 0…255, rounded as Pillow does.
    fileprivate var brightness: [Int] {
        stride(from: 0, to: pixels.count, by: 3).map { pixel in
            let sum = 19_595 * Int(pixels[pixel]) + 38_470 * Int(pixels[pixel + 1]) + 7_471 * Int(pixels[pixel + 2])
            return (sum + 0x8000) >> 16
        }
    }
}
