import SemblanceCore

extension LocalVectorIndex {
    /// Adds vectors: found by searches once the files hold them. All of them or, if an error is thrown, none; none as
    /// well once the space is discarded.
    /// - Throws: `IndexError` with `index-dimension-mismatch`, `index-not-unit-length` or `index-read-only`;
    ///   `StoreError` with `disk-full`. The index stays as it was.
    public func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) async throws {
        guard access == .readWrite else { throw Self.readOnlyError }
        for (_, embedding) in vectors { try embedding.validate(dimension: dimension) }
        do {
            try await repairing { try await self.append(vectors, toMemory: false) }
        } catch {
            // The store has these images already: they are fetched when the index is asked for next.
            isStale.store(true, ordering: .relaxed)
            throw error
        }
    }

    /// - Parameter toMemory: keep rows in memory if they cannot be written.
    func append(_ vectors: [(CatalogueImage.ID, Embedding)], toMemory: Bool) async throws {
        guard !vectors.isEmpty else { return }
        try await threads.files.run { [self] in
            try writer.withLock { writer in
                guard !writer.isAbandoned else { return }
                let snapshot = try soundSnapshot()
                let new = Self.newOnes(vectors, in: snapshot, removed: writer.removed)
                guard !new.isEmpty else { return }
                publish(try append(new, to: snapshot, &writer, toMemory: toMemory))
            }
        }
    }

    private func append(
        _ vectors: [(CatalogueImage.ID, Embedding)], to snapshot: Snapshot, _ writer: inout Writer, toMemory: Bool
    ) throws -> Snapshot {
        var snapshot = snapshot
        do {
            guard let generation = writer.generation else {
                throw writer.problem ?? Self.readOnlyError
            }
            let rows = EncodedRows(vectors, firstRow: snapshot.segments[0].count, layout: layout)
            snapshot.segments[0] = try generation.appending(rows, to: snapshot.segments[0], faults: options.faults)
        } catch {
            guard toMemory else { throw error }
            if access == .readWrite { writer.problem = error }
            let rows = EncodedRows(vectors, firstRow: snapshot.segments[1].count, layout: layout)
            snapshot.segments[1] = snapshot.segments[1].appendingInMemory(rows)
        }
        return snapshot
    }

    /// Ascending by number, each once, without those that are there already.
    private static func newOnes(
        _ vectors: [(CatalogueImage.ID, Embedding)], in snapshot: Snapshot, removed: Set<Int64>
    ) -> [(CatalogueImage.ID, Embedding)] {
        let sorted = vectors.sorted { $0.0 < $1.0 }
        let present = snapshot.present(sorted.map(\.0.rawValue))
        var previous: CatalogueImage.ID?
        return sorted.filter { id, _ in
            defer { previous = id }
            return id != previous && !present.contains(id.rawValue) && !removed.contains(id.rawValue)
        }
    }

    static let readOnlyError = IndexError(
        .readOnly, "This process opened the vector index for reading only; the process that serves writes it.")
}
