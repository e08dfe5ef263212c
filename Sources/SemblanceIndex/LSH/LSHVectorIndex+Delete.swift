// Removing vectors.
//
// A removed row is dead: it stays in the tables and is left out of what a search marked. When more than a quarter of the
// rows is dead, the live ones are copied and their tables thinned, in one step for searches.

import SemblanceCore

extension LSHVectorIndex {
    /// Removes vectors: searches that start later do not find them.
    public func remove(_ ids: [CatalogueImage.ID]) async throws {
        guard !ids.isEmpty else { return }
        try await threads.files.run { [self] in
            writer.withLock { _ in
                var snapshot = snapshot
                let rows = snapshot.segment.rows(of: Set(ids.map(\.rawValue)).sorted())
                guard !rows.isEmpty else { return }
                snapshot.segment.bury(rows)
                compactIfWorthwhile(&snapshot)
                publish(snapshot)
            }
        }
    }

    private func compactIfWorthwhile(_ snapshot: inout HashedSnapshot) {
        let dead = snapshot.segment.dead.count
        guard dead >= max(1, options.minimumDeadCount), dead * 4 > snapshot.segment.count else { return }
        let old = snapshot.segment
        let kept = (0..<old.count).filter { old.isAlive($0) }.map(UInt32.init)
        var segment = Segment.overlay(layout: layout)
        segment = segment.moved(to: RowStorage(allocating: kept.count, layout: layout))
        for start in stride(from: 0, to: kept.count, by: Self.batchCount) {
            let rows = kept[start..<min(start + Self.batchCount, kept.count)]
            let batch = rows.map { row in
                let values = Array(UnsafeBufferPointer(start: old.storage.vector(Int(row)), count: layout.dimension))
                return (CatalogueImage.ID(rawValue: old.storage.id(Int(row))), Embedding(unit: values))
            }
            segment = segment.appendingInMemory(EncodedRows(batch, firstRow: segment.count, layout: layout))
        }
        snapshot.segment = segment
        snapshot.runs = thinned(snapshot.runs, keeping: kept)
    }

    private func thinned(_ runs: [HashedRun], keeping kept: [UInt32]) -> [HashedRun] {
        var place = 0
        var thinned: [HashedRun] = []
        for run in runs {
            let start = place
            while place < kept.count, Int(kept[place]) < run.firstRow + run.count { place += 1 }
            guard place > start else { continue }
            thinned.append(
                run.keeping(Array(kept[start..<place]), firstRow: start, bitCount: parameters.bitCount))
        }
        Self.joinRuns(&thinned, bitCount: parameters.bitCount)
        return thinned
    }
}
