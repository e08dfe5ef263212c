import SemblanceCore
import Synchronization

/// The trees of member names of catalogues' metadata, and the numbers under which values are filed.
///
/// A name's number never changes while its catalogue exists, and catalogues' numbers are never used again: so what was
/// read once is remembered.
package final class MetadataKeyTree: Sendable {
    package struct Step: Hashable, Sendable {
        let catalogue: Catalogue.ID
        /// `root` for members of the outermost object.
        let parent: Int64
        /// The key of the name in its composed form, which Swift's equality of strings means.
        let name: [UInt8]

        init(_ name: String, under parent: Int64, in catalogue: Catalogue.ID) {
            self.init(key: IndexKey(Array(name.composed.utf8)).bytes, under: parent, in: catalogue)
        }

        init(key: [UInt8], under parent: Int64, in catalogue: Catalogue.ID) {
            (self.catalogue, self.parent, self.name) = (catalogue, parent, key)
        }
    }

    static let root: Int64 = 0
    /// Names that are remembered; when there are more, all are forgotten.
    private static let maximumCount = 100_000

    private let database: PostgresDatabase
    private let known = Mutex<[Step: Int64]>([:])

    init(_ database: PostgresDatabase) {
        self.database = database
    }

    /// The number of a path of names; `nil` if no image has ever had a member there.
    func find(_ path: [String], in catalogue: Catalogue.ID, _ connection: PostgresConnection) throws -> Int64? {
        var key = Self.root
        for name in path {
            let step = Step(name, under: key, in: catalogue)
            guard let next = try find([step], connection)[step] else { return nil }
            key = next
        }
        return key
    }

    /// Sees to it that every member of these objects has a number, before the transaction that writes their values, so
    /// that nobody waits for it to end.
    func prepare(_ objects: [JSONValue], in catalogue: Catalogue.ID) async throws {
        // By level: a member's number must be known before its own members can have one.
        var level = objects.map { (parent: Self.root, object: $0) }
        while !level.isEmpty {
            let members = level.flatMap { parent, object -> [(step: Step, value: JSONValue)] in
                guard case .object(let members) = object else { return [] }
                return members.map { (Step($0.key, under: parent, in: catalogue), $0.value) }
            }
            let numbers = try await numbers(of: Set(members.map(\.step)), in: catalogue)
            level = members.compactMap { step, value in
                guard case .object = value, let number = numbers[step] else { return nil }
                return (number, value)
            }
        }
    }

    /// Numbers of names that are there.
    func find(_ steps: [Step], _ connection: PostgresConnection) throws -> [Step: Int64] {
        let known = recall(steps)
        let found = try fetch(steps.filter { known[$0] == nil }, connection)
        remember(found)
        return known.merging(found) { $1 }
    }

    private func fetch(_ steps: [Step], _ connection: PostgresConnection) throws -> [Step: Int64] {
        var numbers: [Step: Int64] = [:]
        for (catalogue, steps) in Dictionary(grouping: steps, by: \.catalogue) {
            let rows = try connection.query(
                """
                SELECT parent_id, name, id FROM metadata_keys WHERE catalogue_id = $1
                AND (parent_id, name) IN (SELECT * FROM unnest($2, $3))
                """,
                [
                    .integer(catalogue.rawValue), .integers(steps.map(\.parent)), .byteStrings(steps.map(\.name)),
                ])
            for row in rows {
                numbers[Step(key: try row[1], under: try row[0], in: catalogue)] = try row[2] as Int64
            }
        }
        return numbers
    }

    private func numbers(of steps: Set<Step>, in catalogue: Catalogue.ID) async throws -> [Step: Int64] {
        let known = recall(Array(steps))
        let missing = steps.filter { known[$0] == nil }.sorted {
            $0.parent != $1.parent ? $0.parent < $1.parent : $0.name.lexicographicallyPrecedes($1.name)
        }
        guard !missing.isEmpty else { return known }
        let found = try await database.write { [self] connection in
            try PostgresCatalogueStore.requireCatalogue(catalogue, connection, locking: true)
            // In one order everywhere, so that two who add the same names wait rather than block each other.
            try connection.execute(
                """
                INSERT INTO metadata_keys (catalogue_id, parent_id, name)
                SELECT $1, parent, name FROM unnest($2, $3) WITH ORDINALITY AS new (parent, name, place) ORDER BY place
                ON CONFLICT DO NOTHING
                """,
                [.integer(catalogue.rawValue), .integers(missing.map(\.parent)), .byteStrings(missing.map(\.name))])
            return try fetch(missing, connection)
        }
        // Not before they are committed.
        remember(found)
        return known.merging(found) { $1 }
    }

    private func recall(_ steps: [Step]) -> [Step: Int64] {
        known.withLock { known in
            steps.reduce(into: [:]) { numbers, step in numbers[step] = known[step] }
        }
    }

    private func remember(_ numbers: [Step: Int64]) {
        known.withLock { known in
            if known.count > Self.maximumCount { known = [:] }
            known.merge(numbers) { $1 }
        }
    }
}
