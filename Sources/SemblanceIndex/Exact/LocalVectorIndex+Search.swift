import CVectorKernels
import SemblanceCore

extension LocalVectorIndex {
    public func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour] {
        try query.validate(dimension: dimension)
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        let prepared = PreparedQuery(query)
        let ids = try await ids(matching: filter)
        return try await repairing {
            try await self.search(prepared, limit: limit, minimumScore: minimumScore, ids: ids)
        }
    }

    /// - Returns: ascending; `nil` if there is no filter.
    private func ids(matching filter: MetadataFilter?) async throws -> [Int64]? {
        guard let filter else { return nil }
        return try await filters.images(matching: filter, in: space.catalogueID).map(\.rawValue)
    }

    private func search(
        _ query: PreparedQuery, limit: Int, minimumScore: Float?, ids: [Int64]?
    ) async throws -> [Neighbour] {
        try Task.checkCancellation()
        let snapshot = try soundSnapshot()
        let task = SearchTask(query, in: snapshot, ids: ids, limit: limit, minimumScore: minimumScore)
        let count = task.candidateCount
        guard count > 0 else { return [] }
        // Reading all vectors is quicker than reading the codes first, then most of the vectors in another order.
        return limit >= count / 4
            ? try await scoreAll(task, upTo: min(limit, count)) : try await scan(task)
    }

    private func scan(_ task: SearchTask) async throws -> [Neighbour] {
        let parts = task.parts(threadCount(forByteCount: task.scannedByteCount))
        if parts.count == 1 {
            return try await threads.search.run { try Self.scan(task, parts[0]) }
        }
        let scans = try await threads.search.each(parts) { part in
            var scan = CodeScan(task)
            scan.read(part)
            return scan
        }
        return try await threads.search.run { try task.rerank(CodeScan.joining(scans)) }
    }

    private static func scan(_ task: SearchTask, _ part: [Range<Int>]) throws -> [Neighbour] {
        var scan = CodeScan(task)
        scan.read(part)
        return try task.rerank(CodeScan.joining([scan]))
    }

    private func scoreAll(_ task: SearchTask, upTo limit: Int) async throws -> [Neighbour] {
        let byteCount = task.candidateCount * layout.stride(of: .vectors)
        let parts = task.parts(threadCount(forByteCount: byteCount))
        let lists = try await threads.search.each(parts) { try task.scoreAll($0) }
        if lists.count == 1 { return lists[0] }
        return try await threads.search.run {
            Array(lists.flatMap { $0 }.sorted(by: Neighbour.isNearer).prefix(limit))
        }
    }

    /// Threads for work that reads so many bytes: as many as pay, and one while others wait.
    private func threadCount(forByteCount byteCount: Int) -> Int {
        if threads.search.waitingCount > 0 { return 1 }
        return min(threads.search.threadCount, max(1, byteCount / options.byteCountPerThread))
    }

    /// The current snapshot, if its files are as long as they should be.
    /// - Throws: `CutFiles`.
    func soundSnapshot() throws -> Snapshot {
        let snapshot = snapshot
        guard snapshot.segments.allSatisfy({ $0.storage.holds($0.count) }) else { throw CutFiles() }
        return snapshot
    }
}

/// Files that somebody else has cut.
struct CutFiles: Error {}

extension ThreadPool {
    /// Runs work on each element, on as many threads as there are; results are in order.
    func each<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) throws -> Value
    ) async throws -> [Value] {
        if elements.count == 1 {
            let element = elements[0]
            return [try await run { try body(element) }]
        }
        return try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for (index, element) in elements.enumerated() {
                group.addTask { (index, try await self.run { try body(element) }) }
            }
            return try await group.reduce(into: [(Int, Value)]()) { $0.append($1) }
                .sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
