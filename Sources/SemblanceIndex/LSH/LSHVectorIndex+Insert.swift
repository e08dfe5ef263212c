import SemblanceCore

extension LSHVectorIndex {
    /// Adds vectors; searches find all of them or, until the call returns, none.
    /// - Throws: `IndexError` with `index-dimension-mismatch` or `index-not-unit-length`; the index stays as it was.
    public func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) async throws {
        for (_, embedding) in vectors { try embedding.validate(dimension: dimension) }
        guard !vectors.isEmpty else { return }
        try await threads.files.run { [self] in
            writer.withLock { _ in
                var snapshot = snapshot
                let new = Self.newOnes(vectors, in: snapshot.segment)
                guard !new.isEmpty else { return }
                append(new, to: &snapshot)
                publish(snapshot)
            }
        }
    }

    private func append(_ new: [(CatalogueImage.ID, Embedding)], to snapshot: inout HashedSnapshot) {
        let firstRow = snapshot.segment.count
        var segment = snapshot.segment
        if firstRow == 0 { segment = segment.moved(to: RowStorage(allocating: new.count, layout: layout)) }
        for start in stride(from: 0, to: new.count, by: Self.batchCount) {
            let batch = Array(new[start..<min(start + Self.batchCount, new.count)])
            segment = segment.appendingInMemory(EncodedRows(batch, firstRow: segment.count, layout: layout))
        }
        snapshot.segment = segment
        let keys = Self.keys(
            of: firstRow..<segment.count, in: segment, snapshot.planes, threadCount: options.threadCount)
        snapshot.runs.append(HashedRun(keys, firstRow: firstRow, planes: snapshot.planes))
        Self.joinRuns(&snapshot.runs, bitCount: parameters.bitCount)
    }

    /// Joins runs until each has at least twice as many rows as the next.
    static func joinRuns(_ runs: inout [HashedRun], bitCount: Int) {
        while runs.count > 1, runs[runs.count - 2].count < 2 * runs[runs.count - 1].count {
            let last = runs.removeLast()
            runs[runs.count - 1] = runs[runs.count - 1].joined(with: last, bitCount: bitCount)
        }
    }

    /// Ascending by number, each once, without those that are there already.
    private static func newOnes(
        _ vectors: [(CatalogueImage.ID, Embedding)], in segment: Segment
    ) -> [(CatalogueImage.ID, Embedding)] {
        let order = vectors.indices.sorted { (vectors[$0].0, $0) < (vectors[$1].0, $1) }
        let present = Set(segment.rows(of: order.map { vectors[$0].0.rawValue }).map { segment.storage.id(Int($0)) })
        var previous: CatalogueImage.ID?
        return order.compactMap { place in
            let id = vectors[place].0
            defer { previous = id }
            return id != previous && !present.contains(id.rawValue) ? vectors[place] : nil
        }
    }
}
