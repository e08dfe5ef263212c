extension PostgresSchema {
    /// The keys that a catalogue declares filterable, a JSON list of strings; and where values go that are too long for
    /// an index.
    ///
    /// A row of an index holds at most 2,704 bytes. `value` has the first of a value's bytes and `rest` those that
    /// follow (`LongValue`), so that both together are in the order of the whole.
    static let version2 = """
        ALTER TABLE semblance.catalogues ADD COLUMN filterable_keys text COLLATE "C" NOT NULL DEFAULT '[]';
        ALTER TABLE semblance.metadata_values ADD COLUMN rest bytea NOT NULL DEFAULT '';
        """
}
