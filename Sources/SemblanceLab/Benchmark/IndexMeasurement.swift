import SemblanceCore

/// Measures indexes side by side on one collection: built one after the other, asked by turns.
struct IndexMeasurement: Sendable {
    let indexes: [BenchmarkIndex]
    let options: BenchmarkPlan.Options
    private static let warmUpCount = 20
    /// Single precision may order two neighbours of equal distance either way.
    private static let tolerance: Float = 2e-6

    private struct Opened {
        let name: String
        let built: BuiltIndex
        let buildSeconds: Double
        var milliseconds: [Double] = []
        var rates: [Double] = []
        var recall = 0.0
    }

    /// - Returns: an outcome for each index, in their order.
    /// - Throws: `CancellationError`.
    func run(
        _ collection: VectorCollection, model: ModelVersion, onProgress: @escaping @Sendable (String) -> Void
    ) async throws -> [CellOutcome<IndexResult>] {
        var outcomes = [CellOutcome<IndexResult>?](repeating: nil, count: indexes.count)
        var opened: [Int: Opened] = [:]
        do {
            for (place, index) in indexes.enumerated() {
                try Task.checkCancellation()
                onProgress("building \(index.name) of \(collection.vectors.count) vectors")
                do {
                    opened[place] = try await open(index, collection, model)
                } catch {
                    outcomes[place] = try .caught(error)
                }
            }
            let limit = options.limit
            let truth = try await ThreadPool.once("truth") { try collection.truth(limit: limit) }
            for round in 0..<options.roundCount {
                for place in opened.keys.sorted() {
                    guard let index = opened[place] else { continue }
                    onProgress("searching \(index.name), round \(round + 1) of \(options.roundCount)")
                    do {
                        opened[place] = try await self.round(index, collection, truth: truth, isFirst: round == 0)
                    } catch {
                        outcomes[place] = try .caught(error)
                        opened[place] = nil
                        await index.built.close()
                    }
                }
            }
        } catch {
            for index in opened.values { await index.built.close() }
            throw error
        }
        for (place, index) in opened {
            outcomes[place] = outcome(of: index, collection)
            await index.built.close()
        }
        return outcomes.map { $0 ?? .failed(code: "internal", message: "The index was not measured.") }
    }

    private func open(
        _ index: BenchmarkIndex, _ collection: VectorCollection, _ model: ModelVersion
    ) async throws -> Opened {
        let clock = ContinuousClock()
        let start = clock.now
        let built = try await index.build(model, collection.vectors, collection.tuningQueries)
        let elapsed = built.buildTime ?? clock.now - start
        return Opened(name: index.name, built: built, buildSeconds: elapsed / .seconds(1))
    }

    private func round(
        _ opened: Opened, _ collection: VectorCollection, truth: [Float], isFirst: Bool
    ) async throws -> Opened {
        var opened = opened
        let clock = ContinuousClock()
        for query in collection.queries.prefix(Self.warmUpCount) { _ = try await search(opened, query) }
        var found: [[Neighbour]] = []
        for query in collection.queries {
            try Task.checkCancellation()
            let start = clock.now
            found.append(try await search(opened, query))
            opened.milliseconds.append((clock.now - start) / .milliseconds(1))
        }
        if isFirst { opened.recall = recall(of: found, truth, vectorCount: collection.vectors.count) }
        opened.rates.append(try await rate(opened, collection.queries))
        return opened
    }

    private func search(_ opened: Opened, _ query: Embedding) async throws -> [Neighbour] {
        try await opened.built.index.search(near: query, limit: options.limit, minimumScore: nil, matching: nil)
    }

    private func recall(of found: [[Neighbour]], _ truth: [Float], vectorCount: Int) -> Double {
        let wanted = min(options.limit, vectorCount)
        let hits = zip(found, truth).map { neighbours, least in
            min(wanted, neighbours.count { $0.score >= least - Self.tolerance })
        }
        return Double(hits.reduce(0, +)) / Double(max(1, found.count * wanted))
    }

    /// Searches a second, with as many at a time as there are threads.
    private func rate(_ opened: Opened, _ queries: [Embedding]) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            var next = 0
            func add() {
                guard next < queries.count else { return }
                let query = queries[next]
                next += 1
                group.addTask { _ = try await search(opened, query) }
            }
            for _ in 0..<options.threadCount { add() }
            while try await group.next() != nil { add() }
        }
        return Double(queries.count) / ((clock.now - start) / .seconds(1))
    }

    private func outcome(of opened: Opened, _ collection: VectorCollection) -> CellOutcome<IndexResult> {
        guard let latency = LatencySummary(opened.milliseconds) else {
            return .failed(code: LabErrorCode.unusableSet.rawValue, message: "There are too few images to ask for any.")
        }
        return .done(
            IndexResult(
                index: opened.name, collection: collection.name, vectorCount: collection.vectors.count,
                dimension: collection.vectors[0].dimension, queryCount: collection.queries.count,
                recall: opened.recall, latency: latency,
                queriesPerSecond: Bootstrap.quantile(0.5, of: opened.rates.sorted()),
                buildSeconds: opened.buildSeconds, byteCount: opened.built.byteCount,
                settings: opened.built.settings))
    }
}

extension CellOutcome {
    /// What goes into the report in the place of a value.
    /// - Throws: `CancellationError`: that ends the run, not a part of it.
    static func caught(_ error: any Error) throws -> CellOutcome {
        if error is CancellationError { throw error }
        let failure = FileFailure(path: "", error: error)
        return .failed(
            code: failure.code, message: error is any PublicError ? failure.message : "\(error)")
    }
}
