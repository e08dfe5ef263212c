import Foundation
import SemblanceCore

/// One image with everything that belongs to it, on its way from one store to another.
public struct ImageRecord: Sendable {
    /// Its numbers are those of the store it comes from, or zero.
    public let image: CatalogueImage
    /// Files that are recorded as holding it, ordered by path, byte by byte.
    public let sources: [SourceFile]
    /// Ordered by model and version.
    public let embeddings: [(model: ModelVersion, embedding: Embedding)]

    public init(
        image: CatalogueImage, sources: [SourceFile], embeddings: [(model: ModelVersion, embedding: Embedding)]
    ) {
        self.image = image
        self.sources = sources.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        self.embeddings = embeddings.sorted {
            ($0.model.modelID, $0.model.digest) < ($1.model.modelID, $1.model.digest)
        }
    }

    /// Whether the original is in the file store.
    var isStored: Bool { image.location == .stored }

    /// Whether another store's record of the image says the same.
    ///
    /// Numbers are each store's own. Stores keep times to the microsecond, and some keep long vectors as half
    /// precision numbers, whose components differ by at most one in 2,048.
    package func agrees(with other: ImageRecord) -> Bool {
        let (left, right) = (image, other.image)
        return left.hash == right.hash && left.name == right.name && left.location == right.location
            && left.header == right.header && left.byteCount == right.byteCount && left.metadata == right.metadata
            && left.createdAt.microsecondsSince1970 == right.createdAt.microsecondsSince1970
            && sources == other.sources && embeddings.map(\.model) == other.embeddings.map(\.model)
            && zip(embeddings, other.embeddings).allSatisfy { $0.embedding.agrees(with: $1.embedding) }
    }
}

extension Embedding {
    fileprivate func agrees(with other: Embedding) -> Bool {
        values == other.values
            || zip(values, other.values).allSatisfy { abs($0 - $1) <= abs($0) / 2048 + 1e-6 }
                && dimension == other.dimension
    }
}

extension Date {
    var microsecondsSince1970: Int64 { Int64((timeIntervalSince1970 * 1_000_000).rounded()) }

    init(microsecondsSince1970 count: Int64) {
        self.init(timeIntervalSince1970: Double(count) / 1_000_000)
    }
}
