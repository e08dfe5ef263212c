import AsyncAlgorithms
import SemblanceCore

/// Turns a source into batches for the workers: files that are recorded unchanged are skipped unread.
///
/// Owns the source; only one task calls `run`, and each call of the source runs alone on a thread.
struct IngestLister: Sendable {
    /// Files asked about in one query.
    private static let chunkSize = 256

    let context: IngestContext
    let reporter: IngestReporter

    /// Sends every batch, then finishes the channel, whatever happens.
    func run(_ source: SourceBox, into channel: AsyncChannel<IngestBatch>) async throws {
        defer { channel.finish() }
        while true {
            try Task.checkCancellation()
            let chunk = try await context.engine.ingestThreads.run { try source.next(Self.chunkSize) }
            guard !chunk.isEmpty else { return }
            let changed = try await withoutUnchanged(chunk)
            for batch in context.batches(of: changed) { await channel.send(batch) }
        }
    }

    private func withoutUnchanged(_ items: [IngestItem]) async throws -> [IngestItem] {
        let files = items.compactMap(\.listedFile)
        guard !files.isEmpty else { return items }
        var images = try await context.engine.store.unchanged(files, in: context.space).makeIterator()
        var changed: [IngestItem] = []
        var unchanged: [(image: CatalogueImage.ID, item: IngestItem)] = []
        for item in items {
            if item.listedFile != nil, let image = images.next() ?? nil, image.isStored || !context.copies {
                unchanged.append((image.id, item))
            } else {
                changed.append(item)
            }
        }
        let failures = try await context.engine.mergeMetadata(of: unchanged)
        try await reporter.count(skipped: unchanged.count - failures.count, failures: failures)
        return changed
    }
}

/// A source that moves between threads, one call at a time.
///
/// `@unchecked Sendable`: `source` is used by `IngestLister.run` alone, which awaits each call before the next, and
/// after it has ended.
final class SourceBox: @unchecked Sendable {
    private let source: any IngestSource

    init(_ source: any IngestSource) {
        self.source = source
    }

    func next(_ count: Int) throws -> [IngestItem] { try source.next(count) }
    var leftOutCount: Int { source.leftOutCount }
}
