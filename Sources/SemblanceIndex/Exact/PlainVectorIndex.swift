import CVectorKernels
import SemblanceCore
import Synchronization

/// Compares the query with every vector in Float32, in memory, on one thread a search: the plainest exact index, which
/// others are measured against. A catalogue is searched with `LocalVectorIndex`.
public final class PlainVectorIndex: VectorIndex {
    private struct Rows: Sendable {
        var ids: [Int64] = []
        /// One vector behind the other.
        var values: [Float] = []
        var places: [Int64: Int] = [:]
    }

    public let space: EmbeddingSpace
    public var dimension: Int { space.model.dimension }
    private let filters: any FilterResolver
    private let threads: ThreadPool
    private let rows = Mutex(Rows())

    /// - Parameter threadCount: searches at the same time; 1 or more.
    public init(space: EmbeddingSpace, filters: any FilterResolver, threadCount: Int) {
        self.space = space
        self.filters = filters
        threads = ThreadPool(name: "index-plain", threadCount: threadCount)
    }

    public func count() async throws -> Int { rows.withLock { $0.ids.count } }

    /// Bytes of memory: the vectors, their numbers, and about 40 for each number's place.
    public var memoryByteCount: Int { rows.withLock { 4 * $0.values.count + 48 * $0.ids.count } }

    public func insert(_ vectors: [(CatalogueImage.ID, Embedding)]) async throws {
        for (_, vector) in vectors { try vector.validate(dimension: dimension) }
        rows.withLock { rows in
            rows.values.reserveCapacity(rows.values.count + vectors.count * dimension)
            for (id, vector) in vectors where rows.places[id.rawValue] == nil {
                rows.places[id.rawValue] = rows.ids.count
                rows.ids.append(id.rawValue)
                rows.values += vector.values
            }
        }
    }

    public func remove(_ ids: [CatalogueImage.ID]) async throws {
        rows.withLock { rows in
            for id in ids {
                guard let place = rows.places.removeValue(forKey: id.rawValue), let last = rows.ids.popLast() else {
                    continue
                }
                // The last takes the place of the one that goes.
                if last != id.rawValue {
                    rows.ids[place] = last
                    rows.places[last] = place
                    for index in 0..<dimension {
                        rows.values[place * dimension + index] = rows.values[rows.values.count - dimension + index]
                    }
                }
                rows.values.removeLast(dimension)
            }
        }
    }

    public func search(
        near query: Embedding, limit: Int, minimumScore: Float?, matching filter: MetadataFilter?
    ) async throws -> [Neighbour] {
        try query.validate(dimension: dimension)
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        var allowed: Set<Int64>?
        if let filter {
            allowed = Set(try await filters.images(matching: filter, in: space.catalogueID).map(\.rawValue))
        }
        let (wanted, least) = (allowed, minimumScore ?? -.infinity)
        return try await threads.run { [self] in
            let rows = rows.withLock { $0 }
            var best = BestFew<Neighbour>(limit: limit, by: Neighbour.isNearer)
            for (id, score) in zip(rows.ids, scores(of: query, in: rows)) where score >= least {
                guard wanted?.contains(id) ?? true else { continue }
                best.offer(Neighbour(id: .init(rawValue: id), score: score))
            }
            return best.sorted
        }
    }

    private func scores(of query: Embedding, in rows: Rows) -> [Float] {
        var scores = [Float](repeating: 0, count: rows.ids.count)
        cvk_dot_float_rows(cvk_best_isa(), query.values, rows.values, dimension, rows.ids.count, &scores)
        return scores
    }

    /// Compares all with all, a vector at a time.
    public func pairs(minimumScore: Float, limit: Int) async throws -> [NeighbourPair] {
        guard limit >= 1 else { throw RequestError(.invalidLimit, "A limit is 1 or more, not \(limit).") }
        return try await threads.run { [self] in
            let rows = rows.withLock { $0 }
            var best = BestFew<NeighbourPair>(limit: limit, by: NeighbourPair.isNearer)
            for (place, id) in rows.ids.enumerated() {
                let vector = Embedding(unit: Array(rows.values[place * dimension..<(place + 1) * dimension]))
                for (other, score) in zip(rows.ids, scores(of: vector, in: rows)).dropFirst(place + 1)
                where score >= minimumScore {
                    best.offer(
                        NeighbourPair(
                            first: .init(rawValue: min(id, other)), second: .init(rawValue: max(id, other)),
                            score: score))
                }
            }
            return best.sorted
        }
    }
}
