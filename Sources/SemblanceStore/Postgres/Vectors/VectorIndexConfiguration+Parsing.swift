import SemblanceCore

extension VectorIndexConfiguration {
    /// What may stand before the `=`, in the order of the documentation.
    private static let names = ["kind", "m", "ef_construction", "ef_search", "rerank", "min_vectors", "build_mb"]

    /// Reads what differs from the defaults: `name=value`, joined by commas, such as `kind=binary,ef_search=200`.
    /// - Throws: `RequestError` with `invalid-query` that names what is wrong.
    public init(parsing text: String) throws(RequestError) {
        self.init()
        for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw RequestError(.invalidQuery, "Expected name=value, joined by commas, not '\(pair.prefix(40))'.")
            }
            try set(String(parts[0]), to: String(parts[1]))
        }
        try validate()
    }

    private mutating func set(_ name: String, to value: String) throws(RequestError) {
        switch name {
        case "kind":
            guard let kind = Kind(rawValue: value) else {
                let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw RequestError(.invalidQuery, "kind is one of \(known), not '\(value.prefix(40))'.")
            }
            self.kind = kind
        case "m": linkCount = try Self.number(value, of: name)
        case "ef_construction": buildCandidateCount = try Self.number(value, of: name)
        case "ef_search": searchCandidateCount = try Self.number(value, of: name)
        case "rerank": rerankFactor = try Self.number(value, of: name)
        case "min_vectors": minimumCount = try Self.number(value, of: name)
        case "build_mb": buildMegabytes = try Self.number(value, of: name)
        default:
            throw RequestError(
                .invalidQuery,
                "'\(name.prefix(40))' is none of the settings: \(Self.names.joined(separator: ", ")).")
        }
    }

    private static func number(_ text: String, of name: String) throws(RequestError) -> Int {
        guard let number = Int(text) else {
            throw RequestError(.invalidQuery, "\(name) is a number, not '\(text.prefix(40))'.")
        }
        return number
    }
}
