import SemblanceCore

extension LocalVectorIndex {
    /// Removes vectors: searches that start later do not find them.
    ///
    /// Nothing is written: the store has forgotten these images, and `reconcile()` leaves them out when the index is
    /// opened next.
    /// - Throws: `IndexError` with `index-read-only`.
    public func remove(_ ids: [CatalogueImage.ID]) async throws {
        guard access == .readWrite else { throw Self.readOnlyError }
        try await bury(ids.map(\.rawValue), isRemoval: true)
        compactIfWorthwhile()
    }

    func bury(_ ids: [Int64], isRemoval: Bool) async throws {
        guard !ids.isEmpty else { return }
        try await threads.files.run { [self] in
            writer.withLock { writer in
                if isRemoval, writer.reconciliationCount > 0 { writer.removed.formUnion(ids) }
                var snapshot = snapshot
                snapshot.bury(ids.sorted())
                publish(snapshot)
            }
        }
    }

    /// Buries rows that were found damaged. Another generation may have come since: there a row of the same place is
    /// another image's, and sound.
    func bury(_ rows: [RowReference]) async throws {
        try await threads.files.run { [self] in
            writer.withLock { _ in
                var snapshot = snapshot
                for row in rows where snapshot.segments[Int(row.segment)].isDamaged(Int(row.row)) {
                    snapshot.segments[Int(row.segment)].bury(CollectionOfOne(row.row))
                }
                publish(snapshot)
            }
        }
    }

    /// Lets go of the files, which are about to be deleted. Searches that have this index go on in what is mapped;
    /// insertions are left out.
    func abandonFiles() async throws {
        try await threads.files.run { [self] in
            writer.withLock {
                $0.generation = nil
                $0.isAbandoned = true
            }
        }
    }
}
