import AsyncAlgorithms
import SemblanceCore

/// Ingestion: list → fetch → read and hash → recognise → decode → embed → keep → write.
///
/// A lister sends batches through a rendezvous channel to twice as many workers as there are cores; each takes its
/// batch through all steps, so that a core always has decoding or inference to do and never waits for another stage,
/// nor for the database. One writer commits what has gathered. Everything in between is bounded: the channel holds
/// nothing, each worker one batch, the writer 256 items. Only while the model is still loading do workers not wait for
/// it: they prepare more batches, as many as fit into 64 MB.
extension Engine {
    /// Runs an ingestion job; returns its result.
    func ingest(_ work: IngestWork, as job: Job.ID) async throws -> JSONValue {
        let modelID = try await modelID(of: work)
        let model = try await dependencies.models.open(modelID)
        do {
            return try await ingest(work, with: model, as: job)
        } catch {
            // The process may end after this, and must not in the middle of loading.
            _ = try? await model.embedder
            throw error
        }
    }

    private func ingest(_ work: IngestWork, with model: OpenedModel, as job: Job.ID) async throws -> JSONValue {
        let modelID = model.version.modelID
        let catalogue = try await catalogueForIngestion(named: work.catalogue, modelID: modelID)
        let space = EmbeddingSpace(catalogueID: catalogue.id, model: model.version)
        let context = IngestContext(
            engine: self, catalogue: catalogue, space: space, model: model,
            index: try await dependencies.indexes.index(for: space), copies: work.copies)
        let reporter = IngestReporter(job: job, engine: self)
        let leftOutCount: Int
        do {
            leftOutCount = try await run(work, in: context, reporter: reporter)
            // Where there was nothing to embed, a model that cannot be loaded fails the job all the same.
            _ = try await model.embedder
            try await build(context.index, of: catalogue)
            if work.followsCatalogue { try await followSwitch(from: modelID, in: catalogue, reporter: reporter) }
        } catch {
            await reporter.flush()
            let (files, left) = (self.files, context.fetched.all)
            // One that is gone is no error.
            try? await fileThreads.run { for path in left { try? files.removeSpooled(path) } }
            throw error
        }
        if case .paths(let paths, _, true, _) = work.source {
            try await prune(paths, in: catalogue)
        }
        // Files that hold other bytes now, or are gone: what was left in place there is nowhere any more.
        try await delete(try await store.abandonedImages(in: catalogue.id), from: catalogue.id)
        let counts = try await reporter.finish()
        var result: [String: JSONValue] = [
            "catalogue": .string(catalogue.name), "model": .string(modelID),
            "indexed": .number(Double(counts.done)), "skipped": .number(Double(counts.skipped)),
            "failed": .number(Double(counts.failed)),
        ]
        if leftOutCount > 0 { result["left_out"] = .number(Double(leftOutCount)) }
        return .object(result)
    }

    /// - Returns: how many files were left out, since their names do not end as an image's.
    private func run(_ work: IngestWork, in context: IngestContext, reporter: IngestReporter) async throws -> Int {
        let source = try await ingestThreads.run { SourceBox(try work.makeSource()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.takeIn(source, of: work, in: context, reporter: reporter) }
            // Ends by an error only.
            group.addTask { try await reporter.watch() }
            defer { group.cancelAll() }
            try await group.next()
        }
        return source.leftOutCount
    }

    private func takeIn(
        _ source: SourceBox, of work: IngestWork, in context: IngestContext, reporter: IngestReporter
    ) async throws {
        let channel = AsyncChannel<IngestBatch>()
        let writer = IngestWriter(context: context, reporter: reporter)
        let lister = IngestLister(context: context, reporter: reporter)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lister.run(source, into: channel) }
            group.addTask { try await self.countFiles(of: work, reporter: reporter) }
            for _ in 0..<context.workerCount {
                group.addTask { try await self.takeBatches(from: channel, in: context, to: writer) }
            }
            // The first error ends the others: `waitForAll` would wait for them first, and the lister for a worker.
            for try await _ in group {}
        }
        try Task.checkCancellation()
        try await writer.finish()
    }

    /// What one worker does.
    private func takeBatches(
        from channel: AsyncChannel<IngestBatch>, in context: IngestContext, to writer: IngestWriter
    ) async throws {
        var prepared: [IngestBatch] = []
        for await batch in channel {
            let fetched = try await context.run(IngestContext.fetching, on: batch)
            for part in context.batches(of: fetched.items) {
                prepared.append(try await context.run(IngestContext.preparation, on: part))
                guard context.model.hasEndedLoading || prepared.count >= context.preparedBatchCount else { continue }
                try await complete(&prepared, in: context, to: writer)
            }
        }
        try await complete(&prepared, in: context, to: writer)
    }

    private func complete(
        _ prepared: inout [IngestBatch], in context: IngestContext, to writer: IngestWriter
    ) async throws {
        for batch in prepared {
            try Task.checkCancellation()
            try await writer.submit(try await context.run(IngestContext.completion, on: batch).items)
        }
        prepared = []
    }

    /// Counts ahead of the work, so that progress has a total: walking a folder is quick beside reading its files.
    private func countFiles(of work: IngestWork, reporter: IngestReporter) async throws {
        let counter = try await ingestThreads.run { SourceBox(try work.makeSource(withMetadata: false)) }
        var total = 0
        while true {
            try Task.checkCancellation()
            let count = try await ingestThreads.run { try counter.next(1000).count }
            total += count
            try await reporter.found(total: total)
            if count < 1000 { return }
        }
    }
}

extension IngestWork {
    fileprivate var copies: Bool {
        if case .paths(_, let copies, _, _) = source { copies } else { true }
    }

    fileprivate func makeSource(withMetadata: Bool = true) throws -> any IngestSource {
        switch source {
        case .paths(let paths, _, _, let metadataPath):
            let list = withMetadata ? try metadataPath.map(MetadataList.init(contentsOf:)) : nil
            return FolderSource(paths: paths, metadata: list ?? .empty, common: metadata)
        case .spool(let listPath): return try SpoolSource(listPath: listPath, common: metadata)
        case .urls(let urls): return URLSource(urls: urls, common: metadata)
        }
    }
}
