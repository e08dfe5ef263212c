import SemblanceCore

/// Makes finished items visible: one transaction, and one flush of the disk, for all that has gathered.
///
/// Workers hand over and go on; one that finds that a transaction is due writes it. A full waiting room makes them wait,
/// so that a slow disk slows ingestion down instead of filling memory.
actor IngestWriter {
    private static let maximumWaitingCount = 256
    /// So many make a transaction due at once.
    private static let dueCount = 64
    /// Fewer wait for others if the last transaction ended less than this ago: flushing and the pages that every
    /// transaction writes again cost more than the images.
    private static let interval: Duration = .milliseconds(50)

    private let context: IngestContext
    private let reporter: IngestReporter
    private var waiting: [IngestItem] = []
    private var isWriting = false
    private var lastEnd: ContinuousClock.Instant?
    private var failure: (any Error)?
    private var blocked: [CheckedContinuation<Void, Never>] = []

    init(context: IngestContext, reporter: IngestReporter) {
        self.context = context
        self.reporter = reporter
    }

    /// Takes over items; they are written by whoever comes when they are due, at the latest by `finish()`. After an
    /// error nothing more is taken.
    func submit(_ items: [IngestItem]) async throws {
        while failure == nil, waiting.count >= Self.maximumWaitingCount {
            await withCheckedContinuation { blocked.append($0) }
        }
        if let failure { throw failure }
        waiting += items
        guard !isWriting else { return }
        try await writeWhile { isDue }
    }

    /// Writes what is left. Call when all workers are done.
    func finish() async throws {
        try await writeWhile { !waiting.isEmpty }
    }

    private var isDue: Bool {
        waiting.count >= Self.dueCount
            || !waiting.isEmpty && (lastEnd.map { ContinuousClock.now - $0 >= Self.interval } ?? true)
    }

    private func writeWhile(_ isWanted: () -> Bool) async throws {
        isWriting = true
        defer {
            isWriting = false
            unblock()
        }
        do {
            while isWanted() {
                let batch = waiting
                waiting = []
                unblock()
                try await write(batch)
                lastEnd = .now
            }
        } catch {
            failure = error
            waiting = []
            throw error
        }
    }

    private func unblock() {
        for continuation in blocked { continuation.resume() }
        blocked = []
    }

    private func write(_ items: [IngestItem]) async throws {
        let faults = context.engine.faults
        try await makeDurable(items)
        faults.reach(.flushed)
        let added = try await add(items.filter { $0.outcome == nil })
        let known = try await recordKnown(items)
        await context.engine.claims.release(items.compactMap { $0.isOriginalClaimed ? $0.hash : nil })
        try await removeSpooled(items)
        faults.reach(.cleared)
        let failures = items.compactMap { item -> FileFailure? in
            if case .failed(let failure) = item.outcome { failure } else { nil }
        }
        try await reporter.count(
            done: added.newCount, skipped: added.oldCount + known.count, failures: failures + known.failures)
    }

    /// Originals that were stored, before the rows that name them.
    private func makeDurable(_ items: [IngestItem]) async throws {
        guard items.contains(where: { $0.isOriginalClaimed && $0.outcome == nil }) else { return }
        let files = context.engine.files
        try await context.engine.fileThreads.run { try files.synchronise() }
    }

    /// Rows, sources and embeddings in one transaction, then the index.
    private func add(_ items: [IngestItem]) async throws -> (newCount: Int, oldCount: Int) {
        let images = items.compactMap { $0.newImage(copies: context.copies) }
        guard !images.isEmpty else { return (0, 0) }
        let added = try await context.engine.store.add(images, to: context.space)
        let fresh = zip(added, images).filter { $0.0.isNewEmbedding }
        context.engine.faults.reach(.committed)
        try await context.engine.insert(fresh.map { ($0.0.id, $0.1.embedding) }, into: context.index)
        context.engine.faults.reach(.indexed)
        return (fresh.count, added.count - fresh.count)
    }

    /// - Returns: how many there are, and those whose metadata could not be merged.
    private func recordKnown(_ items: [IngestItem]) async throws -> (count: Int, failures: [FileFailure]) {
        var sources: [(SourceFile, CatalogueImage.ID)] = []
        var known: [(image: CatalogueImage.ID, item: IngestItem)] = []
        var count = 0
        for item in items {
            switch item.outcome {
            case .known(let image):
                count += 1
                known.append((image, item))
                if case .file(let file) = item.origin { sources.append((file, image)) }
            case .takenIn: count += 1
            case .failed: break
            // Counted by `add`.
            case nil:
                if let image = item.imageInPlace { known.append((image, item)) }
            }
        }
        let failures = try await context.engine.mergeMetadata(of: known)
        if !sources.isEmpty {
            try await context.engine.store.recordSources(sources, in: context.catalogue.id)
        }
        return (count - failures.count, failures)
    }

    private func removeSpooled(_ items: [IngestItem]) async throws {
        let paths = items.compactMap { item -> String? in
            guard case .spooled(let path) = item.origin else { return nil }
            // Uploads that failed stay until the job ends: if it is run again, they must fail again, and be counted.
            if case .failed = item.outcome, !context.fetched.contains(path) { return nil }
            return path
        }
        guard !paths.isEmpty else { return }
        let files = context.engine.files
        try await context.engine.fileThreads.run {
            for path in paths { try files.removeSpooled(path) }
        }
        context.fetched.remove(paths)
    }
}

extension IngestItem {
    /// The row to add, when every step is through. Metadata of what is there already is merged by itself, since that can
    /// be refused.
    func newImage(copies: Bool) -> NewImage? {
        guard let hash, let header = decoded?.header, let embedding else { return nil }
        let metadata = imageInPlace == nil ? metadata : .object([:])
        switch origin {
        case .file(let file):
            return NewImage(
                hash: hash, name: name, location: copies ? .stored : .inPlace(path: file.path), header: header,
                byteCount: file.byteCount, metadata: metadata, embedding: embedding, source: file)
        case .spooled, .url:
            return NewImage(
                hash: hash, name: name, location: .stored, header: header, byteCount: Int64(byteCount),
                metadata: metadata, embedding: embedding)
        }
    }
}
