import Foundation
import SemblanceCore

// How Core's values lie in columns.

extension CatalogueImage {
    /// The columns that `init(row:)` reads, in its order.
    static let postgresColumns =
        "images.id, catalogue_id, hash, name, path, format, width, height, images.byte_count, metadata, created_at"
    static let postgresColumnCount = 11

    init(row: PostgresRow) throws {
        let format: String = try row[5]
        guard let format = ImageFormat(rawValue: format) else {
            throw PostgresFailure(.unexpectedValue, "an image's format is '\(format)'")
        }
        self.init(
            id: ID(rawValue: try row[0]), catalogueID: Catalogue.ID(rawValue: try row[1]), hash: try row[2],
            name: try row[3], location: Location(column: try row.optional(4)),
            header: ImageHeader(format: format, width: try row[6], height: try row[7]), byteCount: try row[8],
            metadata: try JSONValue(column: row[9]), createdAt: Date(microseconds: try row[10]))
    }
}

extension CatalogueImage.ID: PostgresReadable {
    package init?(postgres bytes: UnsafeRawBufferPointer) {
        guard let number = Int64(postgres: bytes) else { return nil }
        self.init(rawValue: number)
    }
}

extension Catalogue {
    static let postgresColumns = "id, name, model_id, created_at, filterable_keys"

    init(row: PostgresRow) throws {
        self.init(
            id: ID(rawValue: try row[0]), name: try row[1], modelID: try row[2],
            createdAt: Date(microseconds: try row[3]), filterableKeys: try Self.filterableKeys(column: row[4]))
    }
}
