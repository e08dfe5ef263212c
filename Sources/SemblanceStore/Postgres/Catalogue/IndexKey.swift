import SemblanceCore

/// Bytes by which a text is found that may be too long for an index, whose rows hold at most 2,704 bytes: the text
/// itself, or its beginning and its SHA-256. Different texts have different keys; those of texts that differ in their
/// first 968 bytes are in the order of the texts.
struct IndexKey: Hashable {
    /// Of a key.
    static let maximumLength = 1_000
    /// Bytes of a long text that are in its key.
    static let prefixLength = maximumLength - 32

    let bytes: [UInt8]

    init(_ text: [UInt8]) {
        bytes =
            text.count <= Self.maximumLength
            ? text : text.prefix(Self.prefixLength) + ContentHash(hashing: text).bytes
    }

    /// Of a path, as its bytes are.
    init(path: String) {
        self.init(Array(path.utf8))
    }

    /// The keys of all texts that begin with this one lie from `lower` on and below `upper`.
    static func bounds(ofTextsStartingWith text: String) -> (lower: [UInt8], upper: [UInt8]) {
        let lower = Array(text.utf8.prefix(prefixLength))
        // No text in UTF-8 holds this byte; of a SHA-256 all may be it.
        return (lower, lower + [UInt8](repeating: 0xFF, count: 33))
    }
}
