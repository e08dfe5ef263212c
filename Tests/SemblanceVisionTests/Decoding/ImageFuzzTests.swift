import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Damages pictures at random, with a fixed seed: every result is an image or an error, never a crash.
///
/// `SEMBLANCE_FUZZ_ROUNDS` sets how often each picture is damaged (default 60).
@Suite struct ImageFuzzTests {
    private static let roundCount = ProcessInfo.processInfo.environment["SEMBLANCE_FUZZ_ROUNDS"].flatMap(Int.init) ?? 60
    private let decoder = ImageDecoder(limits: DecodingLimits(maximumPixelCount: 2_000_000))

    @Test(arguments: ImageFixtures.names)
    func survivesDamagedBytes(_ name: String) throws {
        let original = try ImageFixtures.bytes(name)
        var random = FixedRandom(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        for _ in 0..<Self.roundCount {
            let damaged = Self.damage(original, &random)
            let size = Int.random(in: 8...40, using: &random)
            do {
                let fit = Preprocessing.Fit.allCases.randomElement(using: &random) ?? .pad
                let image = try decoder.prepare(damaged, for: .bytes(size: size, fit: fit))
                #expect(image.prepared.pixels.count == size * size * 3)
            } catch {
                let known = try #require(error as? ImageError)
                #expect(!known.message.isEmpty)
            }
        }
    }

    private static func damage(_ original: [UInt8], _ random: inout FixedRandom) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            // Headers are short and rarely hit by chance.
            case 3: bytes[index % min(200, bytes.count)] = UInt8.random(in: 0...255, using: &random)
            case 4: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...20, using: &random)))
            default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 16)], at: index)
            }
            if bytes.isEmpty { return [] }
        }
        return Int.random(in: 0..<8, using: &random) == 0 ? Array(bytes.prefix(bytes.count / 2)) : bytes
    }
}

/// SplitMix64: the same numbers on every machine.
struct FixedRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
