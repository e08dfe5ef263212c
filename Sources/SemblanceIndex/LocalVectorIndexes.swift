import Foundation
import SemblanceCore
import Synchronization

/// Exact indexes in this process, one for each embedding space, in files below one folder.
///
/// The files are a cache: any of them may be deleted while no process uses them, and are made again from the source.
/// One process at a time may open a folder with `readWrite`; others beside it with `readOnly`.
public final class LocalVectorIndexes: VectorIndexProvider {
    public enum Access: Hashable, Sendable {
        /// The one process that writes.
        case readWrite
        /// Never writes. What the files lack is fetched from the source into memory.
        case readOnly
    }

    /// What can be tuned.
    public struct Options: Sendable {
        /// Threads for searches. By default one a core; 1 or more.
        public var threadCount = ProcessInfo.processInfo.activeProcessorCount
        /// Bytes that a search must read for each further thread to pay. Default 8 MB.
        public var byteCountPerThread = 8 << 20
        /// Dead rows below which no compaction starts. Default 1024.
        public var minimumDeadCount = 1024
        /// Failures of the disk, for tests.
        package var faults: StorageFaults?

        public init() {}
    }

    private typealias Opening = Task<LocalVectorIndex, any Error>

    private let folder: String
    private let source: any EmbeddingSource
    private let filters: any FilterResolver
    private let access: Access
    private let options: Options
    private let threads: IndexThreads
    private let openings = Mutex<[EmbeddingSpace: Opening]>([:])

    /// - Parameter folder: holds nothing else; made when it is needed.
    public init(
        folder: String, source: any EmbeddingSource, filters: any FilterResolver, access: Access,
        options: Options = Options()
    ) {
        self.folder = folder
        self.source = source
        self.filters = filters
        self.access = access
        self.options = options
        threads = IndexThreads(count: options.threadCount)
    }

    /// - Throws: `IndexError` with `index-dimension-mismatch` for a model that no index can hold; the source's errors.
    public func index(for space: EmbeddingSpace) async throws -> any VectorIndex {
        try await localIndex(for: space)
    }

    /// The same with the operations that only this kind of index has.
    public func localIndex(for space: EmbeddingSpace) async throws -> LocalVectorIndex {
        guard RowLayout.dimensions.contains(space.model.dimension) else {
            throw IndexError(.dimensionMismatch, "expected 1 to 65536 dimensions, not \(space.model.dimension)")
        }
        let index = try await opened(space)
        if index.isStale.exchange(false, ordering: .relaxed) {
            do {
                try await index.reconcile()
            } catch {
                index.isStale.store(true, ordering: .relaxed)
                throw error
            }
        }
        return index
    }

    private func opened(_ space: EmbeddingSpace) async throws -> LocalVectorIndex {
        let opening = openings.withLock { openings in
            if let opening = openings[space] { return opening }
            let opening = Task { try await self.open(space) }
            openings[space] = opening
            return opening
        }
        do {
            return try await opening.value
        } catch {
            openings.withLock { if $0[space] == opening { $0[space] = nil } }
            throw error
        }
    }

    private func open(_ space: EmbeddingSpace) async throws -> LocalVectorIndex {
        let index = LocalVectorIndex(
            space, folder: GenerationFolder(path(of: space), model: space.model), access: access, options: options,
            source: source, filters: filters, threads: threads)
        try await index.openFiles()
        try await index.reconcile()
        return index
    }

    public func remove(_ ids: [CatalogueImage.ID], from catalogue: Catalogue.ID) async throws {
        for opening in openings(of: catalogue) {
            // One that does not open has nothing to remove, and leaves these images out when it does.
            if let index = try? await opening.value { try await index.remove(ids) }
        }
    }

    /// - Throws: `IndexError` with `index-read-only`.
    public func removeIndexes(of catalogue: Catalogue.ID) async throws {
        guard access == .readWrite else { throw LocalVectorIndex.readOnlyError }
        let abandoned = openings(of: catalogue)
        openings.withLock { openings in openings = openings.filter { $0.key.catalogueID != catalogue } }
        for opening in abandoned { try await abandonFiles(of: opening) }
        try await removeFolder(path(of: catalogue))
    }

    /// - Throws: `IndexError` with `index-read-only`.
    public func removeIndex(of space: EmbeddingSpace) async throws {
        guard access == .readWrite else { throw LocalVectorIndex.readOnlyError }
        let opening = openings.withLock { $0.removeValue(forKey: space) }
        if let opening { try await abandonFiles(of: opening) }
        try await removeFolder(path(of: space))
    }

    /// One that is being opened has made its files when it is open; a compaction makes none afterwards.
    private func abandonFiles(of opening: Opening) async throws {
        if let index = try? await opening.value { try await index.abandonFiles() }
    }

    private func removeFolder(_ path: String) async throws {
        try await threads.files.run {
            guard FileManager.default.fileExists(atPath: path) else { return }
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw IndexError(.failed, "The folder of a vector index could not be deleted.", underlying: error)
            }
        }
    }

    private func openings(of catalogue: Catalogue.ID) -> [Opening] {
        openings.withLock { openings in openings.filter { $0.key.catalogueID == catalogue }.map(\.value) }
    }

    private func path(of catalogue: Catalogue.ID) -> String { "\(folder)/\(catalogue.rawValue)" }

    /// A digest is hexadecimal; anything else is hashed, so that it cannot lead out of the folder.
    private func path(of space: EmbeddingSpace) -> String {
        let digest = space.model.digest
        let isSafe = !digest.isEmpty && digest.utf8.count <= 128 && digest.utf8.allSatisfy(Self.isHexadecimal)
        let name = isSafe ? digest : ContentHash(hashing: Array(digest.utf8)).hexadecimal
        return "\(path(of: space.catalogueID))/\(name)"
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
