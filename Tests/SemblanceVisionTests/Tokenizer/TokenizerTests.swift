import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// The tokenizer's parts on vocabularies of the tests' own: without merges each byte is one token, so that the words
/// can be read off them.
@Suite struct TokenizerTests {
    /// Bytes in the order of their tokens: first those that print as Latin-1.
    private static let bytes: [UInt8] = {
        let printing: [UInt8] = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
        return printing + (UInt8.min...UInt8.max).filter { !printing.contains($0) }
    }()

    /// The words that a text is cut into, after cleaning.
    private func words(_ text: String) throws -> [String] {
        let tokenizer = BytePairTokenizer(try BytePairVocabulary(merges: [], fileName: "none"))
        let ids = tokenizer.tokens(of: text, contextLength: 200).ids.dropFirst().prefix { $0 != 513 }
        var words: [String] = []
        var word: [UInt8] = []
        for id in ids {
            word.append(Self.bytes[Int(id % 256)])
            guard id >= 256 else { continue }
            words.append(String(decoding: word, as: UTF8.self))
            word = []
        }
        return words
    }

    /// Compared byte by byte: `String` would take a letter with an accent and a letter and an accent for the same.
    private func expect(_ text: String, _ expected: [String], _ location: SourceLocation = #_sourceLocation) throws {
        #expect(try words(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) }, sourceLocation: location)
    }

    @Test func cutsWordsNumbersAndSigns() throws {
        try expect("A red-chair, 42 x²!", ["a", "red", "-", "chair", ",", "4", "2", "x", "²", "!"])
        try expect("it's I'LL rock'n'roll ''s", ["it", "'s", "i", "'ll", "rock", "'", "n", "'", "roll", "''", "s"])
        try expect("", [])
        try expect(" \n\t ", [])
    }

    @Test func lowersAsPythonDoes() throws {
        try expect("ΟΔΟΣ ΣΑΣ Σ", ["οδος", "σας", "σ"])
        // An accent has no say in what ends a word.
        try expect("ΑΣ\u{301}", ["ας", "\u{301}"])
        try expect("İ", ["i", "\u{307}"])
        try expect("STRASSE ẞ", ["strasse", "ß"])
    }

    @Test func replacesReferencesTwice() throws {
        try expect("&lt;b&gt; &amp;eacute; &#233; &#xE9;", ["<", "b", ">", "é", "é", "é"])
        try expect("caf&eacute &notit; a&unknown;", ["café", "¬", "it", ";", "a", "&", "unknown", ";"])
        try expect("&#0; &#150; &#1; &#x110000;", ["\u{FFFD}", "–", "\u{FFFD}"])
        try expect("&EACUTE;", ["é"])
    }

    @Test func repairsWhatTypesettingLeft() throws {
        try expect("“ﬁne” ‘ﬂat’", ["\"", "fine", "\"", "'", "flat", "'"])
        try expect("ＡＢＣ　１", ["abc", "1"])
        try expect("e\u{301}", ["é"])
        try expect("a\u{1B}[31mb\u{7}c\u{FEFF}", ["abc"])
    }

    @Test func splitsAtTheCombiningIotaAndLosesIt() throws {
        try expect("a\u{345}b", ["a", "b"])
    }

    @Test func takesTheNamesOfTheEndsForThem() throws {
        let tokenizer = BytePairTokenizer(try BytePairVocabulary(merges: [], fileName: "none"))
        let row = tokenizer.tokens(of: "<Start_of_Text>a<end_of_text>", contextLength: 8)
        #expect(row.ids == [512, 512, 64 + 256, 513, 513, 0, 0, 0])
    }

    @Test func joinsTheBestPairFirst() throws {
        let merges: [Substring] = ["b c</w>", "a b", "a bc</w>", "ab ab"]
        let tokenizer = BytePairTokenizer(try BytePairVocabulary(merges: merges, fileName: "four"))
        func ids(_ text: String) -> [Int32] {
            Array(tokenizer.tokens(of: text, contextLength: 12).ids.dropFirst().prefix { $0 != 517 })
        }
        #expect(ids("abc") == [514])
        #expect(ids("ababab") == [515, 64, 65 + 256])
        #expect(ids("c") == [66 + 256])
    }

    @Test(arguments: [["a"], ["a b c"], ["a qq"], ["a b", "a b"]] as [[Substring]])
    func namesMergesThatCannotBe(merges: [Substring]) {
        let error = #expect(throws: ModelError.self) { try BytePairVocabulary(merges: merges, fileName: "broken") }
        #expect(error?.code == .damagedCheckpoint)
        #expect(error?.message.contains("'broken'") == true && error?.message.contains("merge \(merges.count)") == true)
    }

    @Test func refusesDamagedGzip() throws {
        let file = ModelFixture.folder.appendingPathComponent("clip-tokens.json.gz")
        let whole = [UInt8](try Data(contentsOf: file))
        func contents(_ bytes: [UInt8], limit: Int = 4_000_000) throws -> [UInt8] {
            try bytes.withUnsafeBytes { try GzipStream.contents(of: $0, limit: limit, fileName: "packed") }
        }
        #expect(try contents(whole).count > 50_000)
        var flipped = whole
        flipped[whole.count / 2] ^= 0x55
        let damaged = [[], [0x1F], Array(whole.prefix(whole.count / 2)), Array(whole.dropLast(4)), flipped, [1, 2, 3]]
        for bytes in damaged {
            let error = #expect(throws: ModelError.self) { try contents(bytes) }
            #expect(error?.code == .damagedCheckpoint && error?.message.contains("'packed'") == true)
        }
        let large = #expect(throws: ModelError.self) { try contents(whole, limit: 1000) }
        #expect(large?.message.contains("more than 1000 bytes") == true)
    }
}
