import Foundation

/// A named set of images.
public struct Catalogue: Hashable, Sendable, Codable {
    /// The store's own number for a catalogue; never shown to users, never used again after a deletion.
    public struct ID: RawRepresentable, Hashable, Sendable, Codable {
        public let rawValue: Int64
        public init(rawValue: Int64) { self.rawValue = rawValue }
    }

    public let id: ID
    public let name: String
    /// The model that a search of this catalogue uses when none is named.
    public let modelID: String
    public let createdAt: Date
    /// The metadata keys that searches filter by, as filters write them: `price`, `maker.country`. A record for stores
    /// that must be told beforehand: a filter on any other key is as exact.
    public let filterableKeys: [String]

    public init(id: ID, name: String, modelID: String, createdAt: Date, filterableKeys: [String] = []) {
        self.id = id
        self.name = name
        self.modelID = modelID
        self.createdAt = createdAt
        self.filterableKeys = filterableKeys
    }

    /// The catalogue that the command line and the API use when none is named.
    public static let defaultName = "default"

    /// Checks a new catalogue's name: 1–64 letters (any script), digits, `-`, `_` or `.`, not starting with a dot.
    /// - Throws: `RequestError` with `invalid-name`.
    public static func validateName(_ name: String) throws {
        let isAllowed = name.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_.".unicodeScalars.contains($0)
        }
        guard !name.isEmpty, name.count <= 64, name.first != ".", isAllowed else {
            throw RequestError(
                .invalidName,
                "A catalogue's name is 1 to 64 letters, digits, '-', '_' or '.', and does not start with a dot.")
        }
    }
}

/// What a catalogue holds.
public struct CatalogueStatistics: Hashable, Sendable, Codable {
    public let imageCount: Int
    /// Bytes of all originals, stored or left in place.
    public let byteCount: Int64
    /// Embeddings for each model, by model id.
    public let embeddingCounts: [String: Int]

    public init(imageCount: Int, byteCount: Int64, embeddingCounts: [String: Int]) {
        self.imageCount = imageCount
        self.byteCount = byteCount
        self.embeddingCounts = embeddingCounts
    }
}
