// Embedding what a catalogue holds with another model, while it is searched and grows.
//
// A pass lists the images that lack an embedding of the new model, and takes them through the steps of ingestion that
// they need: original → decode → embed → store and index. Images that come in meanwhile are found by the next pass.
// When a pass finds nothing, the catalogue's model is switched in one transaction that counts once more. What is done
// is in the store, so a job that was killed goes on where it was.

import AsyncAlgorithms
import SemblanceCore

/// Gives every image of a catalogue an embedding in one space.
actor Reembedding {
    private static let steps: [any IngestStep] = [OriginalStep(), DecodeStep(), EmbedStep()]
    /// Images asked for in one query.
    private static let pageSize = 256

    private let context: IngestContext
    private let reporter: IngestReporter
    /// Whether images count as done: those that an ingestion has counted already do not.
    private let countsImages: Bool
    /// Images that could not be embedded: a later pass leaves them alone.
    private var failed: Set<CatalogueImage.ID> = []

    init(context: IngestContext, reporter: IngestReporter, countsImages: Bool = true) {
        self.context = context
        self.reporter = reporter
        self.countsImages = countsImages
    }

    private var engine: Engine { context.engine }

    /// Passes until one finds nothing new; then the index is ready for searches, too.
    func run() async throws {
        while try await pass() > 0 {}
        try await engine.build(context.index, of: context.catalogue)
    }

    /// The same, then makes the space's model the catalogue's own. Images that came in between are embedded first; only
    /// those that failed keep the catalogue from being switched.
    func runAndSwitch(from previous: String) async throws -> ModelSwitch {
        while true {
            try await run()
            // The last place to be cancelled in: what comes after is one step.
            _ = try await reporter.finish()
            let outcome = try await engine.store.switchModel(from: previous, to: context.space)
            guard case .lacking = outcome else { return outcome }
            if try await pass() == 0 { return outcome }
        }
    }

    /// - Returns: how many images it found.
    private func pass() async throws -> Int {
        let channel = AsyncChannel<IngestBatch>()
        return try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await self.list(into: channel) }
            for _ in 0..<context.workerCount {
                group.addTask {
                    for await batch in channel { try await self.take(batch) }
                    return 0
                }
            }
            // The first error ends the others.
            var count = 0
            for try await found in group { count += found }
            return count
        }
    }

    private func list(into channel: AsyncChannel<IngestBatch>) async throws -> Int {
        defer { channel.finish() }
        var cursor: CatalogueImage.ID?
        var count = 0
        while true {
            try Task.checkCancellation()
            let page = try await engine.store.images(lacking: context.space, after: cursor, limit: Self.pageSize)
            guard let last = page.last else { return count }
            cursor = last.id
            let open = page.filter { !failed.contains($0.id) }
            count += open.count
            for batch in context.batches(of: open.map(IngestItem.init(again:))) { await channel.send(batch) }
        }
    }

    private nonisolated func take(_ batch: IngestBatch) async throws {
        let batch = try await context.run(Self.steps, on: batch)
        let embeddings = batch.items.compactMap { item -> (CatalogueImage.ID, Embedding)? in
            guard let image = item.image, let embedding = item.embedding else { return nil }
            return (image.id, embedding)
        }
        let added = try await context.engine.store.addEmbeddings(embeddings, to: context.space)
        let isNew = Set(added)
        try await context.engine.insert(embeddings.filter { isNew.contains($0.0) }, into: context.index)
        let failures = try await failures(of: batch)
        // The others were deleted meanwhile, or embedded by an ingestion.
        try await reporter.count(done: countsImages ? added.count : 0, failures: failures)
    }

    /// What could not be embedded and is still there as it was listed. An image that was deleted meanwhile is no
    /// failure, and one that was moved is tried again by the next pass.
    private func failures(of batch: IngestBatch) async throws -> [FileFailure] {
        let failures = batch.items.compactMap { item -> (image: CatalogueImage, failure: FileFailure)? in
            guard let image = item.image, case .failed(let failure) = item.outcome else { return nil }
            return (image, failure)
        }
        guard !failures.isEmpty else { return [] }
        let present = try await engine.store.images(failures.map(\.image.id))
        let locations = Dictionary(present.map { ($0.id, $0.location) }, uniquingKeysWith: { first, _ in first })
        let lasting = failures.filter { locations[$0.image.id] == $0.image.location }
        failed.formUnion(lasting.map(\.image.id))
        return lasting.map(\.failure)
    }
}

extension IngestItem {
    /// An image of the catalogue, to be embedded again.
    fileprivate init(again image: CatalogueImage) {
        let path = if case .inPlace(let path) = image.location { path } else { image.name }
        let file = SourceFile(path: path, byteCount: image.byteCount, modifiedNanoseconds: 0)
        self.init(shownPath: path, name: image.name, origin: .file(file), metadata: .object([:]))
        self.image = image
        byteCount = Int(image.byteCount)
    }
}
