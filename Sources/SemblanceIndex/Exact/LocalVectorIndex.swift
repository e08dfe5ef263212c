import Foundation
import SemblanceCore
import Synchronization

/// Exact nearest neighbours in this process: the vectors of one embedding space, in memory-mapped files.
///
/// A search reads a `Snapshot`, a value that never changes, and takes no lock while it works. Writers run one at a time
/// on a thread for files, fill rows that no snapshot shows yet, and publish a new snapshot. So a search sees each
/// insertion and removal wholly or not at all, and neither waits for the other.
///
/// The catalogue store is the truth: `reconcile()` brings the rows in line with it, when an index is opened and when a
/// write failed or damage was found.
public final class LocalVectorIndex: VectorIndex {
    public let space: EmbeddingSpace
    public var dimension: Int { layout.dimension }

    let layout: RowLayout
    let folder: GenerationFolder
    let access: LocalVectorIndexes.Access
    let options: LocalVectorIndexes.Options
    let source: any EmbeddingSource
    let filters: any FilterResolver
    let threads: IndexThreads
    /// What searches see.
    let published: Mutex<Snapshot>
    /// Held during file operations, only on threads for files.
    let writer: Mutex<Writer>
    /// Rows are known to be missing: the next `LocalVectorIndexes.index(for:)` reconciles.
    let isStale = Atomic<Bool>(false)

    /// What one writer at a time uses.
    struct Writer {
        /// `nil` while there are no files: a reader without a writer, or a folder that cannot be written.
        var generation: Generation?
        /// Why there are no files.
        var problem: (any Error)?
        /// Whether the space is gone, and its files with it: there is nothing to insert into any more.
        var isAbandoned = false
        /// Reconciliations under way.
        var reconciliationCount = 0
        /// Numbers removed since the first of them began: what was fetched before must not come back.
        var removed: Set<Int64> = []
        /// Fewest dead rows before the next compaction is tried.
        var compactionCount: Int
    }

    init(
        _ space: EmbeddingSpace, folder: GenerationFolder, access: LocalVectorIndexes.Access,
        options: LocalVectorIndexes.Options, source: any EmbeddingSource, filters: any FilterResolver,
        threads: IndexThreads
    ) {
        self.space = space
        self.folder = folder
        self.layout = folder.layout
        self.access = access
        self.options = options
        self.source = source
        self.filters = filters
        self.threads = threads
        published = Mutex(Snapshot(segments: Self.emptySegments(folder.layout)))
        writer = Mutex(Writer(compactionCount: options.minimumDeadCount))
    }

    static func emptySegments(_ layout: RowLayout) -> [Segment] {
        [Segment(RowStorage(allocating: 0, layout: layout)), .overlay(layout: layout)]
    }

    var snapshot: Snapshot { published.withLock { $0 } }

    func publish(_ snapshot: Snapshot) { published.withLock { $0 = snapshot } }

    public func count() async throws -> Int { snapshot.liveCount }

    /// Why rows are kept in memory instead of in files; `nil` if all is well.
    public var storageProblem: (any Error)? {
        get async { try? await threads.files.run { [self] in writer.withLock { $0.problem } } }
    }
}

/// The threads that the indexes of one provider share. They end with the last index.
final class IndexThreads: Sendable {
    /// Searches: one thread a core.
    let search: ThreadPool
    /// Comparing all with all: takes seconds to minutes, so it never stands in a search's way.
    let pairs: ThreadPool
    /// Reading and writing files.
    let files: ThreadPool

    init(count: Int) {
        search = ThreadPool(name: "index-search", threadCount: count)
        pairs = ThreadPool(name: "index-pairs", threadCount: count)
        files = ThreadPool(name: "index-files", threadCount: 2)
    }

    deinit {
        search.shutDown()
        pairs.shutDown()
        files.shutDown()
    }
}
