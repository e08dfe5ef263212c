import SemblanceCore

/// Embeds single texts, off the cooperative pool.
public struct TextEmbedding: Sendable {
    /// UTF-8 bytes of a text. A model's context ends long before; this bounds the tokenizer's work.
    public static let maximumByteCount = 10_000

    /// Texts of one call of the engine: a long list lets queries in between.
    private static let chunkSize = 32

    private let threads: ThreadPool

    public init(threads: ThreadPool) {
        self.threads = threads
    }

    /// Embeds texts in the order given.
    /// - Throws: `RequestError`: `invalid-text` for one that is too long, `overloaded` if too many are waiting;
    ///   `ModelError`.
    public func embed(_ texts: [String], with embedder: any TextEmbedder) async throws -> [EmbeddedText] {
        for text in texts { try Self.checkLength(of: text) }
        var embedded: [EmbeddedText] = []
        for start in stride(from: 0, to: texts.count, by: Self.chunkSize) {
            try Task.checkCancellation()
            let chunk = Array(texts[start..<min(start + Self.chunkSize, texts.count)])
            embedded += try await threads.run { try embedder.embed(chunk) }
        }
        return embedded
    }

    static func checkLength(of text: String) throws {
        guard text.utf8.count <= maximumByteCount else {
            throw RequestError(
                .invalidText, "A text has at most \(maximumByteCount) bytes, not \(text.utf8.count).")
        }
    }

    /// What is said about a text whose end the model does not read.
    public static func cutWarning(for text: String) -> String {
        let start = text.prefix(40)
        return "The text '\(start)\(start.endIndex < text.endIndex ? "…" : "")' is longer than the model reads; "
            + "its end is left out."
    }
}
