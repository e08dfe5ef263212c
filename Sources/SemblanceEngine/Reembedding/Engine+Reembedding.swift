import SemblanceCore

extension Engine {
    /// Embeddings deleted in one transaction: others write in between.
    private static let discardCount = 2_000

    /// Runs a reembedding job; returns its result.
    func reembed(_ work: ReembedWork, as job: Job.ID) async throws -> JSONValue {
        let catalogue = try await store.catalogue(named: work.catalogue)
        let context = try await reembeddingContext(of: catalogue, modelID: work.to)
        let reporter = IngestReporter(job: job, engine: self)
        let outcome: ModelSwitch?
        do {
            try await countWhatIsDone(in: context, reporter: reporter)
            let reembedding = Reembedding(context: context, reporter: reporter)
            switch work.switching {
            case .never:
                try await reembedding.run()
                _ = try await reporter.finish()
                outcome = nil
            case .whenComplete: outcome = try await reembedding.runAndSwitch(from: work.from)
            }
        } catch {
            await reporter.flush()
            throw error
        }
        let counts = await reporter.progress
        if case .changedMeanwhile(let modelID) = outcome {
            throw ModelError(
                .changedMeanwhile,
                "The catalogue's model was changed to '\(modelID)' meanwhile; its images are embedded with "
                    + "'\(work.to)' too, and 'models use' makes that its own.")
        }
        let discardedCount = outcome == .switched && work.discards ? try await discard(work, in: context) : 0
        return result(of: work, counts, isSwitched: outcome == .switched, discardedCount: discardedCount)
    }

    func reembeddingContext(of catalogue: Catalogue, modelID: String) async throws -> IngestContext {
        let embedder = try await dependencies.models.embedder(for: modelID)
        let space = self.space(of: catalogue, embedder)
        return IngestContext(
            engine: self, catalogue: catalogue, space: space, model: OpenedModel(embedder),
            index: try await dependencies.indexes.index(for: space), copies: false)
    }

    private func countWhatIsDone(in context: IngestContext, reporter: IngestReporter) async throws {
        let total = try await store.imageCount(in: context.catalogue.id, matching: nil)
        let done = try await store.embeddingCounts(in: context.catalogue.id).first { $0.space == context.space }
        try await reporter.found(total: total)
        try await reporter.count(skipped: done?.count ?? 0)
    }

    /// Deletes what the catalogue does not need any more: in the store, then the index files.
    /// - Returns: how many embeddings.
    private func discard(_ work: ReembedWork, in context: IngestContext) async throws -> Int {
        let old = try await store.embeddingCounts(in: context.catalogue.id).filter {
            $0.space.model.modelID == work.from && $0.space != context.space
        }
        for entry in old {
            while try await store.deleteEmbeddings(in: entry.space, limit: Self.discardCount) {
                try Task.checkCancellation()
            }
            try await dependencies.indexes.removeIndex(of: entry.space)
        }
        return old.reduce(0) { $0 + $1.count }
    }

    private func result(
        of work: ReembedWork, _ counts: JobProgress, isSwitched: Bool, discardedCount: Int
    ) -> JSONValue {
        .object([
            "catalogue": .string(work.catalogue), "from": .string(work.from), "to": .string(work.to),
            "embedded": .number(Double(counts.done)), "skipped": .number(Double(counts.skipped)),
            "failed": .number(Double(counts.failed)), "switched": .bool(isSwitched),
            "discarded": .number(Double(discardedCount)),
        ])
    }
}
