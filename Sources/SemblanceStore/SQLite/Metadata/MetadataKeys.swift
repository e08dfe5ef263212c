import Foundation
import GRDB
import SemblanceCore

/// The tree of member names of one catalogue's metadata. Lives as long as one transaction.
struct MetadataKeys {
    private struct Step: Hashable {
        let parent: Int64
        let name: String
    }

    /// The parent of members of the outermost object.
    static let root: Int64 = 0

    private let database: Database
    private let catalogue: Catalogue.ID
    private var known: [Step: Int64] = [:]

    init(_ database: Database, catalogue: Catalogue.ID) {
        self.database = database
        self.catalogue = catalogue
    }

    /// The number of a path of names; `nil` if no image has ever had a member there.
    func find(_ path: [String]) throws -> Int64? {
        var key = Self.root
        for name in path {
            guard let next = try find(name, under: key) else { return nil }
            key = next
        }
        return key
    }

    /// The number of a name under another; made if there is none.
    mutating func key(_ name: String, under parent: Int64) throws -> Int64 {
        let step = Step(parent: parent, name: name)
        if let key = known[step] { return key }
        let key = try find(name, under: parent) ?? insert(name, under: parent)
        known[step] = key
        return key
    }

    private func find(_ name: String, under parent: Int64) throws -> Int64? {
        let statement = try database.cachedStatement(
            sql: "SELECT id FROM metadata_keys WHERE catalogue_id = ? AND parent_id = ? AND name = ?")
        return try Int64.fetchOne(statement, arguments: [catalogue.rawValue, parent, Data(name.composed.utf8)])
    }

    private func insert(_ name: String, under parent: Int64) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO metadata_keys (catalogue_id, parent_id, name) VALUES (?, ?, ?)")
        try statement.execute(arguments: [catalogue.rawValue, parent, Data(name.composed.utf8)])
        return database.lastInsertedRowID
    }
}
