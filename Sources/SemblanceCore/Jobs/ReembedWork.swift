/// Embedding a catalogue's images with another model, or another version of its own.
public struct ReembedWork: Hashable, Sendable, Codable {
    /// When the new model becomes the catalogue's own.
    public enum Switch: String, Hashable, Sendable, Codable, CaseIterable {
        case never
        /// In one step at the end, when no image lacks an embedding.
        case whenComplete = "when-complete"
    }

    /// The catalogue's name.
    public let catalogue: String
    /// The model that the catalogue has when the job is made.
    public let from: String
    public let to: String
    public let switching: Switch
    /// Whether the embeddings of `from` (of other versions of it, if `to` is the same) are deleted when `to` is the
    /// catalogue's model.
    public let discards: Bool

    public init(
        catalogue: String, from: String, to: String, switching: Switch = .whenComplete, discards: Bool = false
    ) {
        self.catalogue = catalogue
        self.from = from
        self.to = to
        self.switching = switching
        self.discards = discards
    }
}
