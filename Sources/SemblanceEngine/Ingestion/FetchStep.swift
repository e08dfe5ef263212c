import SemblanceCore
import Synchronization

/// URLs become spool files.
struct FetchStep: IngestStep {
    var faultPoint: FaultPoint { .fetched }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        guard batch.items.contains(where: { if case .url = $0.origin { $0.outcome == nil } else { false } }) else {
            return batch
        }
        var batch = batch
        for index in batch.items.indices {
            guard batch.items[index].outcome == nil, case .url(let url) = batch.items[index].origin else { continue }
            do {
                let upload = try await context.hosts.fetch(
                    url, patience: context.engine.configuration.hostPatience
                ) { try await context.engine.fetch(url) }
                context.fetched.add(upload.path)
                batch.items[index] = IngestItem(
                    shownPath: url, name: upload.name, origin: .spooled(path: upload.path),
                    metadata: batch.items[index].metadata)
            } catch is CancellationError {
                throw CancellationError()
            } catch let error as StoreError {
                throw error
            } catch {
                batch.items[index].fail(error)
            }
        }
        return try await context.onThread(batch) { batch in
            for index in batch.items.indices {
                if let path = batch.items[index].path { batch.items[index].byteCount = FileBytes.byteCount(path) }
            }
        }
    }
}

/// Spool files that no list names: whoever fetched them removes them, also when the job ends early.
final class FetchedFiles: Sendable {
    private let paths = Mutex<Set<String>>([])

    var all: Set<String> { paths.withLock { $0 } }
    func contains(_ path: String) -> Bool { paths.withLock { $0.contains(path) } }
    func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }
    func remove(_ gone: [String]) { paths.withLock { $0.subtract(gone) } }
}
