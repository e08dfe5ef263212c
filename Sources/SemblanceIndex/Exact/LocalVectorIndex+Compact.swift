// Writing a new generation without dead rows.
//
// Live rows are copied in the order of their numbers into a draft, which gets its final name in one step; then the old
// generation is deleted. Searches go on in the old one, which stays mapped until the last of them ends. Insertions and
// removals wait. Killed in between, the old generation is still there, and the draft is deleted by the next start.

import SemblanceCore

extension LocalVectorIndex {
    /// Rows copied at a time.
    private static let copyCount = 256

    /// Starts a compaction when more than a quarter of the rows is dead. Does not wait for it.
    func compactIfWorthwhile() {
        guard access == .readWrite, isWorthCompacting(snapshot, options.minimumDeadCount) else { return }
        Task { try? await compact() }
    }

    private func isWorthCompacting(_ snapshot: Snapshot, _ minimumDeadCount: Int) -> Bool {
        let dead = snapshot.deadCount
        return dead >= minimumDeadCount && dead * 4 > dead + snapshot.liveCount
    }

    /// Writes a new generation if more than a quarter of the rows is dead. Returns whether it did.
    /// - Throws: `StoreError` with `disk-full` and the like; the index stays as it was.
    @discardableResult
    package func compact() async throws -> Bool {
        try await threads.files.run { [self] in
            try writer.withLock { writer in
                guard let old = writer.generation, isWorthCompacting(snapshot, writer.compactionCount) else {
                    return false
                }
                do {
                    try replace(old, &writer)
                    writer.compactionCount = options.minimumDeadCount
                } catch {
                    // Tried again when twice as many rows are dead, not with each removal.
                    writer.compactionCount = 2 * snapshot.deadCount
                    folder.removeAll(except: old)
                    throw error
                }
                return true
            }
        }
    }

    private func replace(_ old: Generation, _ writer: inout Writer) throws {
        let draft = try folder.createDraft()
        let segment = try copyLiveRows(to: draft)
        let generation = try folder.install(draft)
        writer.generation = generation
        writer.problem = nil
        publish(Snapshot(segments: [segment, .overlay(layout: layout)]))
        folder.removeAll(except: generation)
    }

    private func copyLiveRows(to draft: Generation) throws -> Segment {
        let snapshot = snapshot
        let rows = snapshot.segments.enumerated()
            .flatMap { number, segment in segment.liveRows().map { (segment.storage, Int($0)) } }
            .sorted { $0.0.id($0.1) < $1.0.id($1.1) }
        var segment = try draft.load()
        for start in stride(from: 0, to: rows.count, by: Self.copyCount) {
            let batch = rows[start..<min(start + Self.copyCount, rows.count)].compactMap(copyOfSoundRow)
            let encoded = EncodedRows(batch, firstRow: segment.count, layout: layout)
            segment = try draft.appending(encoded, to: segment, faults: options.faults)
        }
        return segment
    }

    /// A damaged row is left out; it is fetched from the store when the index is asked for next.
    private func copyOfSoundRow(_ storage: RowStorage, _ row: Int) -> (CatalogueImage.ID, Embedding)? {
        guard storage.verifyVector(row) else {
            isStale.store(true, ordering: .relaxed)
            return nil
        }
        let values = Array(UnsafeBufferPointer(start: storage.vector(row), count: layout.dimension))
        return (CatalogueImage.ID(rawValue: storage.id(row)), Embedding(unit: values))
    }
}
