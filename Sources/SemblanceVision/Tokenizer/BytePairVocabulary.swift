import SemblanceCore

/// CLIP's vocabulary: which neighbouring symbols of a word are joined, and in which order.
///
/// The first 256 tokens are the bytes, the next 256 the bytes that end a word; then one token for each merge, in order
/// of rank, and last the start and the end of a text. So a merge's rank is its token's number, and the vocabulary is
/// this one table.
///
/// Source: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016), over bytes
/// as in OpenAI's GPT-2 and CLIP (2019, 2021).
package struct BytePairVocabulary: Sendable {
    /// A pair of neighbours.
    struct Pair: Hashable, Sendable {
        let left: Int32
        let right: Int32
    }

    /// The token that a pair becomes; the least is joined first.
    private let joined: [Pair: Int32]
    /// The token of each byte inside a word; 256 more where the byte ends the word.
    private let byteTokens: [Int32]

    /// Tokens, the start and the end of a text included.
    package let count: Int
    package var startOfText: Int32 { Int32(count - 2) }
    package var endOfText: Int32 { Int32(count - 1) }

    /// - Parameter merges: a line for each merge, best first: two symbols in GPT-2's spelling of bytes, with a space
    ///   between them; `</w>` after a symbol that ends a word.
    /// - Throws: `model-checkpoint-damaged`, naming the line.
    package init(merges: some Collection<Substring>, fileName: String) throws(ModelError) {
        let spelling = Self.spelling
        var byteTokens = [Int32](repeating: 0, count: 256)
        var tokens: [Substring: Int32] = [:]
        for (number, (byte, letter)) in spelling.enumerated() {
            byteTokens[Int(byte)] = Int32(number)
            tokens[Substring(String(letter))] = Int32(number)
            tokens[Substring("\(letter)</w>")] = Int32(number + 256)
        }
        var joined: [Pair: Int32] = [:]
        joined.reserveCapacity(merges.count)
        for (rank, line) in merges.enumerated() {
            let symbols = line.split(separator: " ")
            let token = Int32(512 + rank)
            guard symbols.count == 2, let left = tokens[symbols[0]], let right = tokens[symbols[1]],
                tokens.updateValue(token, forKey: symbols[0] + symbols[1]) == nil
            else {
                throw ModelError(
                    .damagedCheckpoint,
                    "The vocabulary '\(fileName)' is damaged: merge \(rank + 1) is not a new pair of known symbols.")
            }
            joined[Pair(left: left, right: right)] = token
        }
        self.joined = joined
        self.byteTokens = byteTokens
        count = 512 + merges.count + 2
    }

    /// The tokens of one word.
    /// - Parameter word: UTF-8, at least one byte. Takes time as the square of its length.
    package func tokens(of word: some Collection<UInt8>) -> [Int32] {
        var symbols = word.map { byteTokens[Int($0)] }
        guard let last = symbols.popLast() else { return [] }
        symbols.append(last + 256)
        while let best = bestPair(in: symbols) { join(best.pair, into: best.token, in: &symbols) }
        return symbols
    }

    private func bestPair(in symbols: [Int32]) -> (pair: Pair, token: Int32)? {
        var best: (pair: Pair, token: Int32)?
        for (left, right) in zip(symbols, symbols.dropFirst()) {
            let pair = Pair(left: left, right: right)
            guard let token = joined[pair], token < best?.token ?? .max else { continue }
            best = (pair, token)
        }
        return best
    }

    /// Joins every occurrence, from the left.
    private func join(_ pair: Pair, into token: Int32, in symbols: inout [Int32]) {
        var kept = 0
        var index = 0
        while index < symbols.count {
            let isPair =
                symbols[index] == pair.left && index + 1 < symbols.count && symbols[index + 1] == pair.right
            symbols[kept] = isPair ? token : symbols[index]
            kept += 1
            index += isPair ? 2 : 1
        }
        symbols.removeLast(symbols.count - kept)
    }

    /// The letter that each byte is spelt with, in the order of their tokens: bytes that print as Latin-1 stand for
    /// themselves and come first; the others follow as the letters from U+0100 on.
    private static var spelling: [(byte: UInt8, letter: Unicode.Scalar)] {
        let printing: [UInt8] = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
        let others = (UInt8.min...UInt8.max).filter { !printing.contains($0) }
        return printing.map { ($0, Unicode.Scalar($0)) }
            + others.enumerated().map { ($1, Unicode.Scalar(UInt8($0)).shifted(by: 256)) }
    }
}

extension Unicode.Scalar {
    fileprivate func shifted(by distance: UInt32) -> Unicode.Scalar {
        Unicode.Scalar(value + distance) ?? self
    }
}
