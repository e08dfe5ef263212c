extension Catalogue {
    /// A catalogue declares at most this many keys.
    public static let maximumFilterableKeyCount = 32
    /// Bytes of one key.
    public static let maximumFilterableKeyLength = 255

    /// Checks keys that a catalogue is to declare.
    /// - Returns: each once, in the order of their text.
    /// - Throws: `RequestError` with `invalid-filterable-keys`.
    public static func filterableKeys(_ keys: [String]) throws(RequestError) -> [String] {
        let unique = Set(keys)
        guard unique.count <= maximumFilterableKeyCount else {
            throw RequestError(
                .invalidFilterableKeys,
                "A catalogue declares at most \(maximumFilterableKeyCount) filterable keys, not \(unique.count).")
        }
        if let wrong = unique.first(where: { !isFilterable($0) }) {
            throw RequestError(
                .invalidFilterableKeys,
                "'\(wrong.prefix(40))' is not a metadata key: a key is 1 to \(maximumFilterableKeyLength) bytes, such as "
                    + "price or maker.country, and does not begin with '$'.")
        }
        return unique.sorted()
    }

    private static func isFilterable(_ key: String) -> Bool {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        return key.utf8.count <= maximumFilterableKeyLength && !key.utf8.contains(0) && key.first != "$"
            && parts.allSatisfy { !$0.isEmpty }
    }
}
