import SemblanceCore

/// The part of a network that embeds texts into the space of its images.
package struct TextTower: Sendable {
    /// Input Int32 `[texts, contextLength]`, token ids; output Float32 `[texts, dimension]`, not normalised.
    package let graph: ONNXGraph
    /// Tokens of a text, padding included.
    package let contextLength: Int
    /// Token ids are below this.
    package let vocabularySize: Int

    package init(graph: ONNXGraph, contextLength: Int, vocabularySize: Int) {
        self.graph = graph
        self.contextLength = contextLength
        self.vocabularySize = vocabularySize
    }
}
