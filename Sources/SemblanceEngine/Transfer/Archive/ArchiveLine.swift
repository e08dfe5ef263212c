import Foundation
import SemblanceCore

/// An image as a line of a backup.
///
/// Metadata is JSON text within the JSON: it may be as deep as a parser allows by itself.
struct ArchiveLine: Codable {
    struct Source: Codable {
        let path: String
        let byteCount: Int64
        let modified: Int64
    }

    let hash: ContentHash
    let name: String
    /// Absent for a stored original.
    let path: String?
    let format: ImageFormat
    let width: Int
    let height: Int
    let byteCount: Int64
    let metadata: String
    /// Microseconds since 1970.
    let createdAt: Int64
    let sources: [Source]
    /// Numbers of the model versions whose vectors follow each other in the catalogue's file of vectors.
    let versions: [Int]

    init(_ record: ImageRecord, versions: [Int]) {
        let image = record.image
        hash = image.hash
        name = image.name
        if case .inPlace(let path) = image.location { self.path = path } else { path = nil }
        (format, width, height) = (image.header.format, image.header.width, image.header.height)
        byteCount = image.byteCount
        metadata = image.metadata.text
        createdAt = image.createdAt.microsecondsSince1970
        sources = record.sources.map {
            Source(path: $0.path, byteCount: $0.byteCount, modified: $0.modifiedNanoseconds)
        }
        self.versions = versions
    }

    func record(embeddings: [(model: ModelVersion, embedding: Embedding)]) throws -> ImageRecord {
        let image = CatalogueImage(
            id: CatalogueImage.ID(rawValue: 0), catalogueID: Catalogue.ID(rawValue: 0), hash: hash, name: name,
            location: path.map { .inPlace(path: $0) } ?? .stored,
            header: ImageHeader(format: format, width: width, height: height), byteCount: byteCount,
            metadata: try JSONValue(parsing: Array(metadata.utf8)),
            createdAt: Date(microsecondsSince1970: createdAt))
        return ImageRecord(
            image: image,
            sources: sources.map {
                SourceFile(path: $0.path, byteCount: $0.byteCount, modifiedNanoseconds: $0.modified)
            }, embeddings: embeddings)
    }
}
