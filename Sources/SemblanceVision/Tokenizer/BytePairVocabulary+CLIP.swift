import SemblanceCore

extension BytePairVocabulary {
    /// The name of CLIP's vocabulary, as OpenAI and OpenCLIP publish it.
    package static let clipFileName = "bpe_simple_vocab_16e6.txt.gz"
    /// SHA-256 of the one file by that name.
    package static let clipHash = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"
    /// The merges that CLIP uses; the file has more.
    private static let clipMergeCount = 48_894
    /// Bytes of the decompressed file: 3.2 million.
    private static let contentsLimit = 8_000_000

    /// Reads CLIP's vocabulary, 49,408 tokens.
    /// - Throws: `model-weights-missing`, `model-hash-mismatch`; both say how to get the file.
    package static func clip(path: String) throws(ModelError) -> BytePairVocabulary {
        let file = try open(path)
        let found = file.contentHash
        guard found.hexadecimal == clipHash else {
            throw ModelError(
                .hashMismatch,
                "The tokenizer's vocabulary '\(file.name)' is not the published one: expected SHA-256 \(clipHash), "
                    + "not \(found). It was not used. \(remedy)")
        }
        return try read(file, mergeCount: clipMergeCount)
    }

    /// Reads a vocabulary in the format of CLIP's: a first line that says what it is, then the merges.
    static func read(_ file: CheckpointFile, mergeCount: Int) throws(ModelError) -> BytePairVocabulary {
        defer { withExtendedLifetime(file) {} }
        let contents = try GzipStream.contents(of: file.bytes, limit: contentsLimit, fileName: file.name)
        let lines = String(decoding: contents, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > mergeCount else {
            throw ModelError(
                .damagedCheckpoint,
                "The vocabulary '\(file.name)' has \(lines.count) lines; expected at least \(mergeCount + 1).")
        }
        return try BytePairVocabulary(merges: lines[1...mergeCount], fileName: file.name)
    }

    private static func open(_ path: String) throws(ModelError) -> CheckpointFile {
        do {
            return try CheckpointFile(path: path)
        } catch {
            throw ModelError(
                .weightsMissing, "The tokenizer's vocabulary '\(clipFileName)' is not on this machine. \(remedy)",
                underlying: error)
        }
    }

    private static let remedy = "Run 'semblance models pull' with the model's id to get it."
}
