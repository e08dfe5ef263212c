import GRDB
import SemblanceCore

/// Takes metadata apart into `metadata_values`, so that filters find images without reading JSON.
struct MetadataValues {
    private let database: Database
    private var keys: MetadataKeys

    init(_ database: Database, catalogue: Catalogue.ID) {
        self.database = database
        keys = MetadataKeys(database, catalogue: catalogue)
    }

    /// Writes the values of a new image.
    mutating func insert(_ metadata: JSONValue, of image: CatalogueImage.ID) throws {
        try insert(membersOf: metadata, under: MetadataKeys.root, of: image)
    }

    /// Replaces the values of an image.
    mutating func replace(_ metadata: JSONValue, of image: CatalogueImage.ID) throws {
        let statement = try database.cachedStatement(sql: "DELETE FROM metadata_values WHERE image_id = ?")
        try statement.execute(arguments: [image.rawValue])
        try insert(metadata, of: image)
    }

    private mutating func insert(membersOf value: JSONValue, under parent: Int64, of image: CatalogueImage.ID) throws {
        guard case .object(let members) = value else { return }
        for (name, member) in members {
            let key = try keys.key(name, under: parent)
            let statement = try database.cachedStatement(
                sql: "INSERT INTO metadata_values (image_id, key_id, value) VALUES (?, ?, ?)")
            try statement.execute(arguments: [image.rawValue, key, MetadataSortKey(member).data])
            try insert(membersOf: member, under: key, of: image)
        }
    }
}
