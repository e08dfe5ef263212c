import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// What the tests of the tokenizer share. scripts/references/make_tokenizer_references.py made the references.
enum TokenizerFixture {
    /// A text and what OpenCLIP's tokenizer made of it, without the zeros behind its end.
    struct Reference: Decodable {
        let text: String
        let ids: [Int32]

        private enum Key: String, CodingKey {
            case piece = "t"
            case count = "n"
            case ids = "i"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            let count = try container.decodeIfPresent(Int.self, forKey: .count) ?? 1
            text = String(repeating: try container.decode(String.self, forKey: .piece), count: count)
            ids = try container.decode([Int32].self, forKey: .ids)
        }
    }

    static var vocabularyPath: String {
        "\(PublishedWeightsTests.cacheFolder)/models/clip-tokenizer/\(BytePairVocabulary.clipFileName)"
    }

    /// In continuous integration a missing file is no excuse: then the tests run, and fail.
    static var canRun: Bool {
        ProcessInfo.processInfo.environment["CI"] != nil || FileManager.default.fileExists(atPath: vocabularyPath)
    }

    static func clip() throws -> BytePairTokenizer {
        BytePairTokenizer(try BytePairVocabulary.clip(path: vocabularyPath))
    }

    static func references() throws -> [Reference] {
        let packed = try Data(contentsOf: ModelFixture.folder.appendingPathComponent("clip-tokens.json.gz"))
        let contents = try packed.withUnsafeBytes {
            try GzipStream.contents(of: $0, limit: 4_000_000, fileName: "clip-tokens.json.gz")
        }
        return try JSONDecoder().decode([Reference].self, from: Data(contents))
    }
}
