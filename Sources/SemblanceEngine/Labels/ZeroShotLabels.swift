import Foundation
import SemblanceCore

/// What an image shows, out of classes named in words, without training: each class becomes a text such as "a photo of
/// a chair", and the texts most similar to the image name it (Radford et al. 2021, "Learning Transferable Visual
/// Models From Natural Language Supervision", section 3.1).
public struct ZeroShotLabels: Sendable {
    public static let defaultPrompt = "a photo of a {}"
    /// Classes that one request may name.
    public static let maximumClassCount = 1_000
    /// Where the class goes in a prompt.
    private static let placeholder = "{}"

    public let classes: [String]
    public let model: ModelVersion
    /// What the user should know about the classes, in sentences.
    public let warnings: [String]
    private let embeddings: [Embedding]
    private let logitScale: Float

    /// Embeds the classes.
    /// - Parameter prompt: a text with `{}` where the class goes.
    /// - Throws: `RequestError` with `invalid-text` for classes or a prompt that are none; what `embedding` throws.
    public init(
        classes: [String], prompt: String = defaultPrompt, embedder: any TextEmbedder, embedding: TextEmbedding
    ) async throws {
        let texts = try Self.texts(for: classes, prompt: prompt)
        let embedded = try await embedding.embed(texts, with: embedder)
        self.classes = classes
        model = embedder.version
        warnings = zip(texts, embedded).filter(\.1.isCut).map { TextEmbedding.cutWarning(for: $0.0) }
        embeddings = embedded.map(\.embedding)
        logitScale = embedder.logitScale
    }

    /// The classes for an image, likeliest first.
    /// - Parameter limit: classes to return; probabilities are over all of them.
    public func labels(for image: Embedding, limit: Int = .max) -> [ScoredLabel] {
        let scores = embeddings.map { image.score(with: $0) }
        let highest = scores.max() ?? 0
        // Less the greatest, which changes nothing and cannot overflow.
        let weights = scores.map { exp(Double(logitScale) * Double($0 - highest)) }
        let sum = weights.reduce(0, +)
        let labels = classes.indices.map {
            ScoredLabel(name: classes[$0], score: scores[$0], probability: weights[$0] / sum)
        }
        return Array(labels.sorted { $0.score > $1.score }.prefix(limit))
    }

    /// Splits a list of classes at its commas.
    public static func classes(in list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// Checks classes and a prompt, and puts one into the other.
    /// - Throws: `RequestError` with `invalid-text`.
    public static func texts(for classes: [String], prompt: String) throws -> [String] {
        guard prompt.contains(placeholder) else {
            throw RequestError(
                .invalidText, "The prompt holds {} where the class goes, such as '\(defaultPrompt)'.")
        }
        guard (1...maximumClassCount).contains(classes.count) else {
            throw RequestError(.invalidText, "Name 1 to \(maximumClassCount) classes, not \(classes.count).")
        }
        var seen: Set<String> = []
        return try classes.map { name in
            guard !name.isEmpty else { throw RequestError(.invalidText, "A class is empty; check the commas.") }
            guard seen.insert(name).inserted else {
                throw RequestError(.invalidText, "The class '\(name.prefix(80))' is named twice.")
            }
            let text = prompt.replacing(placeholder, with: name)
            try TextEmbedding.checkLength(of: text)
            return text
        }
    }
}

/// A class, and how well it names an image.
public struct ScoredLabel: Sendable, Hashable {
    public let name: String
    /// Cosine similarity of the image and the class's text, −1…1.
    public let score: Float
    /// Among the classes that were named, 0…1: softmax over the scores, scaled as the model was trained.
    public let probability: Double
}
