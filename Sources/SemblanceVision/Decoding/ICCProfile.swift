import Foundation

/// Recognises colour profiles that mean sRGB, by what they compute and not by their name.
///
/// A profile is sRGB if it is an RGB matrix profile whose primaries and tone curves equal those of IEC 61966-2-1
/// (adapted to D50) within what 8 bits can show. Layout: ICC.1:2022, clauses 7 and 10.
package enum ICCProfile {
    private static let maximumTagCount = 100
    /// Primaries of sRGB in the D50 connection space.
    private static let primaries: [(tag: String, xyz: [Double])] = [
        ("rXYZ", [0.4361, 0.2225, 0.0139]), ("gXYZ", [0.3851, 0.7169, 0.0971]), ("bXYZ", [0.1431, 0.0606, 0.7141]),
    ]
    private static let primaryTolerance = 0.003
    private static let curveTolerance = 2.0 / 255

    /// Whether pixels with this profile can be taken as sRGB as they are.
    package static func isSRGB(_ profile: UnsafeRawBufferPointer) -> Bool {
        guard profile.hasText("RGB XYZ ", at: 16), profile.hasText("acsp", at: 36),
            let tags = readTags(profile), tags["A2B0"] == nil, tags["A2B1"] == nil
        else { return false }
        return primaries.allSatisfy { isPrimary(tags[$0.tag], near: $0.xyz) }
            && ["rTRC", "gTRC", "bTRC"].allSatisfy { isSRGBCurve(tags[$0]) }
    }

    private static func readTags(_ profile: UnsafeRawBufferPointer) -> [String: UnsafeRawBufferPointer]? {
        guard let count = profile.bigEndian(UInt32.self, at: 128), count <= maximumTagCount else { return nil }
        var tags: [String: UnsafeRawBufferPointer] = [:]
        for index in 0..<Int(count) {
            let entry = 132 + index * 12
            guard let name = profile.slice(entry, count: 4),
                let offset = profile.bigEndian(UInt32.self, at: entry + 4),
                let size = profile.bigEndian(UInt32.self, at: entry + 8),
                let data = profile.slice(Int(offset), count: Int(size))
            else { return nil }
            tags[String(decoding: name, as: UTF8.self)] = data
        }
        return tags
    }

    private static func isPrimary(_ tag: UnsafeRawBufferPointer?, near expected: [Double]) -> Bool {
        guard let tag, tag.hasText("XYZ ", at: 0) else { return false }
        return expected.enumerated().allSatisfy { index, value in
            guard let found = fixedPoint(tag, at: 8 + 4 * index) else { return false }
            return abs(found - value) <= primaryTolerance
        }
    }

    private static func isSRGBCurve(_ tag: UnsafeRawBufferPointer?) -> Bool {
        guard let tag, let curve = readCurve(tag) else { return false }
        return (0...32).allSatisfy { step in
            let encoded = Double(step) / 32
            return abs(encode(curve(encoded)) - encoded) <= curveTolerance
        }
    }

    private static func encode(_ linear: Double) -> Double {
        linear <= 0.0031308 ? 12.92 * max(0, linear) : 1.055 * pow(linear, 1 / 2.4) - 0.055
    }

    private static func fixedPoint(_ data: UnsafeRawBufferPointer, at offset: Int) -> Double? {
        data.bigEndian(Int32.self, at: offset).map { Double($0) / 65536 }
    }

    /// A tone curve as a function from 0…1 to 0…1.
    private static func readCurve(_ tag: UnsafeRawBufferPointer) -> ((Double) -> Double)? {
        if tag.hasText("curv", at: 0) { return readSampledCurve(tag) }
        return tag.hasText("para", at: 0) ? readParametricCurve(tag) : nil
    }

    private static func readSampledCurve(_ tag: UnsafeRawBufferPointer) -> ((Double) -> Double)? {
        guard let count = tag.bigEndian(UInt32.self, at: 8), count > 1, count <= 65536 else { return nil }
        let samples = (0..<Int(count)).compactMap { tag.bigEndian(UInt16.self, at: 12 + 2 * $0) }
        guard samples.count == Int(count) else { return nil }
        return { value in
            let position = value * Double(samples.count - 1)
            let lower = min(Int(position), samples.count - 2)
            let share = position - Double(lower)
            return (Double(samples[lower]) * (1 - share) + Double(samples[lower + 1]) * share) / 65535
        }
    }

    /// Function types 3 and 4: a power above a threshold, a line below it. sRGB cannot be written in the others.
    private static func readParametricCurve(_ tag: UnsafeRawBufferPointer) -> ((Double) -> Double)? {
        guard let kind = tag.bigEndian(UInt16.self, at: 8), kind == 3 || kind == 4 else { return nil }
        let count = kind == 3 ? 5 : 7
        let values = (0..<count).compactMap { fixedPoint(tag, at: 12 + 4 * $0) }
        guard values.count == count else { return nil }
        let (gamma, a, b, c, d) = (values[0], values[1], values[2], values[3], values[4])
        let (e, f) = kind == 4 ? (values[5], values[6]) : (0, 0)
        return { value in value >= d ? pow(max(0, a * value + b), gamma) + e : c * value + f }
    }
}
