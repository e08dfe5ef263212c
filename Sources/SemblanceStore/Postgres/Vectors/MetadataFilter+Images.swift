import SemblanceCore

extension MetadataFilter {
    /// A query for the numbers (`image_id`) of the catalogue's images that meet the filter.
    ///
    /// Keys belong to one catalogue, so that a condition on the values of one needs no look at the images. That is where
    /// the query starts, if it can: the index on values holds all that it wants to know.
    func imageQuery(
        _ condition: inout PostgresCondition, _ keys: MetadataKeyTree, in catalogue: Catalogue.ID,
        _ connection: PostgresConnection
    ) throws -> String {
        guard let (first, rest) = leading else {
            let sql = try self.sql(&condition, keys, in: catalogue, connection)
            return "SELECT images.id AS image_id FROM images WHERE catalogue_id = \(catalogue.rawValue) AND \(sql)"
        }
        let images = try first.sql(&condition, keys, in: catalogue, connection, .images)
        guard !rest.isEmpty else { return images }
        let others = try MetadataFilter.and(rest).sql(
            &condition, keys, in: catalogue, connection, column: "led.image_id")
        return "SELECT led.image_id FROM (\(images)) AS led (image_id) WHERE \(others)"
    }

    /// A condition on one key that every image meets which meets the filter, the narrowest kind of those that there are,
    /// and what else the images must meet.
    private var leading: (first: MetadataFilter, rest: [MetadataFilter])? {
        guard case .and(let filters) = self else { return narrowness == nil ? nil : (self, []) }
        let places = filters.indices.filter { filters[$0].narrowness != nil }
        guard let best = places.min(by: { filters[$0].narrowness! < filters[$1].narrowness! }) else { return nil }
        return (filters[best], filters.indices.filter { $0 != best }.map { filters[$0] })
    }

    /// Lower for conditions that fewer values meet; `nil` for those that an image can meet by having no value.
    private var narrowness: Int? {
        switch self {
        case .compare(_, .equal, _): 0
        case .isIn: 1
        case .compare(_, .notEqual, _), .exists(_, false), .and, .or, .not: nil
        case .compare: 2
        case .exists(_, true): 3
        }
    }
}
