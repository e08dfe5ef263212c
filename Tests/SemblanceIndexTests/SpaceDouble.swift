import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Synchronization

/// A catalogue store in memory: one space, with metadata.
final class SpaceDouble: EmbeddingSource, FilterResolver {
    struct State {
        var embeddings: [Int64: Embedding] = [:]
        var metadata: [Int64: JSONValue] = [:]
        var fetched: [Int64] = []
        var lastID: Int64 = 0
    }

    let state = Mutex(State())

    func embeddedImages(in space: EmbeddingSpace) async throws -> [CatalogueImage.ID] {
        state.withLock { $0.embeddings.keys.sorted().map { CatalogueImage.ID(rawValue: $0) } }
    }

    func embeddings(
        of images: [CatalogueImage.ID], in space: EmbeddingSpace
    ) async throws -> [(CatalogueImage.ID, Embedding)] {
        state.withLock { state in
            state.fetched += images.map(\.rawValue)
            return images.compactMap { id in state.embeddings[id.rawValue].map { (id, $0) } }
        }
    }

    func images(matching filter: MetadataFilter, in catalogue: Catalogue.ID) async throws -> [CatalogueImage.ID] {
        state.withLock { state in
            state.metadata.filter { filter.matches($0.value) }.keys.sorted().map { CatalogueImage.ID(rawValue: $0) }
        }
    }

    func makeImages(_ metadata: [JSONValue]) -> [CatalogueImage.ID] {
        state.withLock { state in
            metadata.map { value in
                state.lastID += 1
                state.metadata[state.lastID] = value
                return CatalogueImage.ID(rawValue: state.lastID)
            }
        }
    }

    /// Embeddings of images 1, 2, …
    func fill(_ embeddings: [Embedding]) {
        for (index, embedding) in embeddings.enumerated() { self[Int64(index + 1)] = embedding }
    }

    subscript(id: Int64) -> Embedding? {
        get { state.withLock { $0.embeddings[id] } }
        set { state.withLock { $0.embeddings[id] = newValue } }
    }

    /// Images that an index asked for since this was read last.
    func takeFetched() -> [Int64] {
        state.withLock { state in
            defer { state.fetched = [] }
            return state.fetched
        }
    }
}

/// A folder that is deleted with the last reference.
final class TemporaryFolder: Sendable {
    let path: String
    private let isOwned: Bool

    init() {
        path = "\(NSTemporaryDirectory())/semblance-index-\(UUID().uuidString)"
        isOwned = true
    }

    /// A folder of another process, which deletes it.
    init(of path: String) {
        self.path = path
        isOwned = false
    }

    deinit { if isOwned { try? FileManager.default.removeItem(atPath: path) } }
}

/// An index on disk with its store.
struct IndexBench {
    let store = SpaceDouble()
    let folder: TemporaryFolder
    let space: EmbeddingSpace
    var options = LocalVectorIndexes.Options()

    init(dimension: Int, folder: TemporaryFolder = TemporaryFolder()) {
        self.folder = folder
        space = EmbeddingSpace(
            catalogueID: Catalogue.ID(rawValue: 7),
            model: ModelVersion(modelID: "m", digest: "abc123", dimension: dimension))
    }

    /// A process of its own, as far as files go.
    func provider(_ access: LocalVectorIndexes.Access = .readWrite) -> LocalVectorIndexes {
        LocalVectorIndexes(folder: folder.path, source: store, filters: store, access: access, options: options)
    }

    func open(_ access: LocalVectorIndexes.Access = .readWrite) async throws -> OpenIndex {
        let provider = provider(access)
        return OpenIndex(provider: provider, index: try await provider.localIndex(for: space))
    }

    var spaceFolder: String { "\(folder.path)/7/abc123" }

    var generations: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: spaceFolder)) ?? []).sorted()
    }

    func path(_ kind: FileKind) -> String { "\(spaceFolder)/\(generations.last ?? "none")/\(kind.fileName)" }

    func bytes(_ kind: FileKind) -> [UInt8] {
        [UInt8](FileManager.default.contents(atPath: path(kind)) ?? Data())
    }

    func write(_ bytes: [UInt8], to kind: FileKind) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(kind)))
    }
}

/// An index and its provider.
struct OpenIndex {
    let provider: LocalVectorIndexes
    let index: LocalVectorIndex

    func search(
        _ query: Embedding, limit: Int, minimumScore: Float? = nil, filter: MetadataFilter? = nil
    ) async throws -> [Neighbour] {
        try await index.search(near: query, limit: limit, minimumScore: minimumScore, matching: filter)
    }
}

/// Exact search by brute force, in doubles.
func bruteForce(
    _ query: Embedding, _ images: [(Int64, Embedding)], limit: Int, minimumScore: Float? = nil
) -> [Neighbour] {
    let all = images.map { id, embedding in
        Neighbour(id: CatalogueImage.ID(rawValue: id), score: exactScore(query, embedding))
    }
    let least = minimumScore ?? -.infinity
    let sorted = all.filter { $0.score >= least }.sorted { left, right in
        left.score != right.score ? left.score > right.score : left.id < right.id
    }
    return Array(sorted.prefix(limit))
}

func exactScore(_ a: Embedding, _ b: Embedding) -> Float { Float(exactDot(a.values, b.values)) }

func exactDot(_ a: [Float], _ b: [Float]) -> Double {
    a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            var sum = 0.0
            for index in 0..<a.count { sum += Double(a[index]) * Double(b[index]) }
            return sum
        }
    }
}
