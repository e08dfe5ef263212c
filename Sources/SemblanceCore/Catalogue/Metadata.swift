/// The rules for an image's metadata.
public enum Metadata {
    /// Bytes of an image's metadata as compact JSON text: 64 kB. Every search result carries it.
    public static let maximumByteCount = 64_000

    /// Levels of objects and lists in an image's metadata: it must fit into answers, which have some of their own.
    public static let maximumDepth = 64

    /// - Throws: `RequestError` with `invalid-metadata` unless the value is an object of at most `maximumByteCount` and
    ///   `maximumDepth`.
    public static func validate(_ value: JSONValue) throws(RequestError) {
        guard case .object(let members) = value else {
            throw RequestError(.invalidMetadata, "Metadata is a JSON object such as {\"category\": \"chair\"}.")
        }
        guard !members.isEmpty else { return }
        guard value.depth <= maximumDepth else {
            throw RequestError(.invalidMetadata, "An image's metadata has at most \(maximumDepth) levels.")
        }
        let count = value.text.utf8.count
        guard count <= maximumByteCount else {
            throw RequestError(
                .invalidMetadata,
                "An image's metadata is at most \(maximumByteCount) bytes of JSON, not \(count); keep long texts elsewhere."
            )
        }
    }
}
