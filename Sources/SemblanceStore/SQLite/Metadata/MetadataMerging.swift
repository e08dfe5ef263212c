import GRDB
import SemblanceCore

/// Changes images' metadata within one transaction: the JSON text and the values that filters find it by.
struct MetadataMerging {
    private let database: Database
    /// One a catalogue, since each knows the numbers of the names it has met.
    private var values: [Catalogue.ID: MetadataValues] = [:]

    init(_ database: Database) {
        self.database = database
    }

    /// Applies a merge patch (RFC 7396) to an image; one that is gone is left out.
    /// - Returns: what is wrong with the result, if it breaks the rules; the image stays as it is then.
    mutating func merge(_ change: MetadataPatch) throws -> RequestError? {
        let statement = try database.cachedStatement(sql: "SELECT catalogue_id, metadata FROM images WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [change.image.rawValue]) else { return nil }
        return try merge(change.patch, into: row[1], of: change.image, in: Catalogue.ID(rawValue: row[0]))
    }

    /// The same for an image whose metadata has been read.
    @discardableResult
    mutating func merge(
        _ patch: JSONValue, into text: String, of image: CatalogueImage.ID, in catalogue: Catalogue.ID
    ) throws -> RequestError? {
        guard patch != .object([:]) else { return nil }
        let present = try JSONValue(column: text)
        let merged = present.merging(patch: patch)
        guard merged != present else { return nil }
        do throws(RequestError) { try Metadata.validate(merged) } catch { return error }
        let statement = try database.cachedStatement(sql: "UPDATE images SET metadata = ? WHERE id = ?")
        try statement.execute(arguments: [merged.text, image.rawValue])
        try values[catalogue, default: MetadataValues(database, catalogue: catalogue)].replace(merged, of: image)
        return nil
    }

    /// Writes the values of a new image.
    mutating func insertValues(
        of metadata: JSONValue, for image: CatalogueImage.ID, in catalogue: Catalogue.ID
    ) throws {
        guard metadata != .object([:]) else { return }
        try values[catalogue, default: MetadataValues(database, catalogue: catalogue)].insert(metadata, of: image)
    }
}
