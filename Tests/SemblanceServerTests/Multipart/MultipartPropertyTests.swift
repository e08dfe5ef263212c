import SemblanceCore
import SemblanceServer
import Testing

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct MultipartPropertyTests {
    /// Bodies made of what a parser trips over: pieces of the delimiter, lone line breaks, zeros.
    private func randomBody(_ generator: inout SeededGenerator) -> [UInt8] {
        let pieces: [[UInt8]] = [
            "\r\n--XY", "\r\n--X", "\r\n-", "\r\n", "\r", "\n", "--XYZ", "--XYZ--", "\r\r\n--", "a", "\u{0}",
        ]
        .map { Array($0.utf8) }
        return (0..<Int.random(in: 0..<40, using: &generator)).flatMap { _ in pieces.randomElement(using: &generator)! }
    }

    /// A body may by chance hold the delimiter itself; one that does is not a valid part.
    private func isValid(_ body: [UInt8]) -> Bool {
        !("\r\n" + String(decoding: body, as: UTF8.self)).utf8.containsSubsequence(Array("\r\n--XYZ".utf8))
    }

    private func encode(_ bodies: [[UInt8]]) -> [UInt8] {
        let header = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
        return bodies.flatMap { Array("--XYZ\(header)".utf8) + $0 + [0x0D, 0x0A] } + Array("--XYZ--\r\n--XYZ".utf8)
    }

    private func chunks(_ bytes: [UInt8], _ generator: inout SeededGenerator, maximum: Int) -> [ArraySlice<UInt8>] {
        var chunks: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 0...maximum, using: &generator))
            chunks.append(bytes[start..<end])
            start = end
        }
        return chunks
    }

    @Test(arguments: [1, 2, 3, 7, 64, 100_000])
    func anyChunkingGivesTheSameParts(maximum: Int) throws {
        var generator = SeededGenerator(state: UInt64(maximum))
        for _ in 0..<60 {
            let bodies = (0..<4).map { _ in randomBody(&generator) }.filter(isValid)
            let parts = try parse(chunks(encode(bodies), &generator, maximum: maximum))
            #expect(parts.map(\.body) == bodies)
        }
    }

    private enum Outcome: Hashable {
        case parts([ParsedPart])
        case refused(String)
    }

    private func outcome(_ chunks: [ArraySlice<UInt8>]) -> Outcome {
        do {
            return .parts(try parse(chunks))
        } catch {
            return .refused("\(error)")
        }
    }

    /// Damaged forms end in an error or in parts, never in a crash, and the same for every chunking.
    @Test func damagedInputIsRefusedAlikeHoweverItArrives() throws {
        var generator = SeededGenerator(state: 20_261_122)
        for _ in 0..<400 {
            var bytes = encode([randomBody(&generator), randomBody(&generator)])
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    bytes[position] = UInt8.random(in: 0...255, using: &generator)
                } else {
                    bytes.remove(at: position)
                }
            }
            #expect(outcome([bytes[...]]) == outcome(chunks(bytes, &generator, maximum: 5)))
        }
    }

    /// Near-delimiters back to back are the worst case of a search that starts over at each of them.
    @Test(arguments: ["\r\n--" + String(repeating: "a", count: 69), "\r", "\r\n", "\r\n--\r\n--"])
    func timeIsLinearInHostileInput(piece: String) throws {
        let boundary = String(repeating: "a", count: 70)
        func seconds(pieces: Int) throws -> Double {
            let body = Array(repeatElement(Array(piece.utf8), count: pieces).joined())
            let head = Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".utf8)
            let tail = Array("\r\n--\(boundary)--".utf8)
            let duration = try ContinuousClock().measure {
                let parts = try parse([head[...], body[...], tail[...]], boundary: boundary)
                #expect(parts.first?.body == body)
            }
            return duration / .seconds(1)
        }
        let bytes = piece.utf8.count
        let small = try (0..<3).map { _ in try seconds(pieces: 50_000 / bytes) }.min()!
        let large = try seconds(pieces: 1_600_000 / bytes)
        #expect(large < small * 32 * 8 + 0.05, "32 times the input took \(large / small) times as long")
    }
}

extension Sequence<UInt8> {
    fileprivate func containsSubsequence(_ pattern: [UInt8]) -> Bool {
        let bytes = Array(self)
        guard bytes.count >= pattern.count else { return false }
        return (0...(bytes.count - pattern.count)).contains { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}
