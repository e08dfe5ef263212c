import Foundation

/// One picture in a catalogue.
public struct CatalogueImage: Hashable, Sendable, Codable {
    /// The store's own number for an image: its label in vector indexes. Never used again after a deletion.
    /// Users see `hash` instead.
    public struct ID: RawRepresentable, Hashable, Sendable, Codable, Comparable {
        public let rawValue: Int64
        public init(rawValue: Int64) { self.rawValue = rawValue }
        public static func < (left: ID, right: ID) -> Bool { left.rawValue < right.rawValue }
    }

    /// Where the original's bytes are.
    public enum Location: Hashable, Sendable, Codable {
        /// In the file store, under the image's hash.
        case stored
        /// Left where the user keeps it: an absolute path.
        case inPlace(path: String)
    }

    public let id: ID
    public let catalogueID: Catalogue.ID
    /// SHA-256 of the original's bytes; unique within the catalogue, and the `id` of the public API.
    public let hash: ContentHash
    /// The last component of the name under which the file came in; never used as a path.
    public let name: String
    public let location: Location
    public let header: ImageHeader
    public let byteCount: Int64
    /// Always a `JSONValue.object`.
    public let metadata: JSONValue
    public let createdAt: Date

    public init(
        id: ID, catalogueID: Catalogue.ID, hash: ContentHash, name: String, location: Location,
        header: ImageHeader, byteCount: Int64, metadata: JSONValue, createdAt: Date
    ) {
        self.id = id
        self.catalogueID = catalogueID
        self.hash = hash
        self.name = name
        self.location = location
        self.header = header
        self.byteCount = byteCount
        self.metadata = metadata
        self.createdAt = createdAt
    }
}

/// An image ready to become visible: its file is durable and its embedding known.
public struct NewImage: Sendable {
    public let hash: ContentHash
    public let name: String
    public let location: CatalogueImage.Location
    public let header: ImageHeader
    public let byteCount: Int64
    /// A merge patch (RFC 7396), always a `JSONValue.object`: merged into what the image has already, if it is there,
    /// else into `{}`.
    public let metadata: JSONValue
    public let embedding: Embedding
    /// The file this image was read from, to recognise it unread next time; `nil` for uploads.
    public let source: SourceFile?

    public init(
        hash: ContentHash, name: String, location: CatalogueImage.Location, header: ImageHeader, byteCount: Int64,
        metadata: JSONValue = .object([:]), embedding: Embedding, source: SourceFile? = nil
    ) {
        self.hash = hash
        self.name = name
        self.location = location
        self.header = header
        self.byteCount = byteCount
        self.metadata = metadata
        self.embedding = embedding
        self.source = source
    }
}

/// A file on disk as it was when it was read: unchanged size and modification time mean unchanged bytes.
public struct SourceFile: Hashable, Sendable, Codable {
    /// Absolute path, as bytes decoded as UTF-8; a name that is not UTF-8 is never a source.
    public let path: String
    public let byteCount: Int64
    /// Nanoseconds since 1970.
    public let modifiedNanoseconds: Int64

    public init(path: String, byteCount: Int64, modifiedNanoseconds: Int64) {
        self.path = path
        self.byteCount = byteCount
        self.modifiedNanoseconds = modifiedNanoseconds
    }
}
