import SemblanceCore

/// Takes images' metadata apart into `metadata_values`, within a transaction: many images by one statement.
///
/// Every name must have its number already: see `MetadataKeyTree.prepare`.
struct PostgresMetadataValues {
    private let keys: MetadataKeyTree
    private let connection: PostgresConnection

    init(_ keys: MetadataKeyTree, _ connection: PostgresConnection) {
        self.keys = keys
        self.connection = connection
    }

    /// An image's metadata, and the catalogue that the image is in.
    typealias Entry = (image: CatalogueImage.ID, catalogue: Catalogue.ID, metadata: JSONValue)

    /// Replaces the values of images that are there.
    func replace(_ entries: [Entry]) throws {
        guard !entries.isEmpty else { return }
        try connection.execute(
            "DELETE FROM metadata_values WHERE image_id = ANY ($1)", [.ids(entries.map(\.image))])
        try insert(entries)
    }

    /// Writes the values of new images.
    func insert(_ entries: [Entry]) throws {
        var rows: [(image: Int64, key: Int64, value: LongValue)] = []
        // By level, so that the numbers of one level are read at once.
        var level = entries.map { (entry: $0, parent: MetadataKeyTree.root, object: $0.metadata) }
        while !level.isEmpty {
            let members = level.flatMap { entry, parent, object -> [(Entry, MetadataKeyTree.Step, JSONValue)] in
                guard case .object(let members) = object else { return [] }
                return members.map {
                    (entry, MetadataKeyTree.Step($0.key, under: parent, in: entry.catalogue), $0.value)
                }
            }
            let numbers = try keys.find(Array(Set(members.map(\.1))), connection)
            level = []
            for (entry, step, value) in members {
                guard let number = numbers[step] else {
                    throw PostgresFailure(.unexpectedValue, "a member's name has no number")
                }
                rows.append((entry.image.rawValue, number, LongValue(MetadataSortKey(value))))
                if case .object = value { level.append((entry, number, value)) }
            }
        }
        guard !rows.isEmpty else { return }
        try connection.execute(
            "INSERT INTO metadata_values (image_id, key_id, value, rest) SELECT * FROM unnest($1, $2, $3, $4)",
            [
                .integers(rows.map(\.image)), .integers(rows.map(\.key)), .byteStrings(rows.map(\.value.head)),
                .byteStrings(rows.map(\.value.rest)),
            ])
    }
}
