import SemblanceCore
import SemblanceIndex
import SemblanceTesting

/// An index of hashes with its store.
struct HashedBench {
    let store = SpaceDouble()
    let index: LSHVectorIndex
    private(set) var images: [(Int64, Embedding)] = []

    static func space(_ dimension: Int) -> EmbeddingSpace {
        EmbeddingSpace(
            catalogueID: Catalogue.ID(rawValue: 7),
            model: ModelVersion(modelID: "m", digest: "abc123", dimension: dimension))
    }

    /// Always hashes, however few the vectors are, unless `exactCount` says otherwise.
    static func options(exactCount: Int = 0) -> LSHVectorIndex.Options {
        var options = LSHVectorIndex.Options()
        options.exactCount = exactCount
        return options
    }

    /// An empty index.
    init(dimension: Int, _ parameters: LSHParameters, options: LSHVectorIndex.Options = options()) throws {
        index = try LSHVectorIndex(
            space: Self.space(dimension), parameters: parameters, filters: store, options: options)
    }

    /// An index of vectors, numbered from 1; vector n has the metadata {"n": n}.
    init(
        _ vectors: [Embedding], _ parameters: LSHParameters, options: LSHVectorIndex.Options = options()
    ) async throws {
        let ids = store.makeImages((1...vectors.count).map { .object(["n": .number(Double($0))]) })
        index = try await LSHVectorIndex.build(
            space: Self.space(vectors[0].dimension), of: Array(zip(ids, vectors)), parameters: parameters,
            filters: store, options: options)
        images = zip(ids, vectors).map { ($0.rawValue, $1) }
    }

    func search(
        _ query: Embedding, limit: Int, minimumScore: Float? = nil, filter: MetadataFilter? = nil
    ) async throws -> [Neighbour] {
        try await index.search(near: query, limit: limit, minimumScore: minimumScore, matching: filter)
    }

    /// The share of the true nearest that searches find, in the mean.
    func recall(
        of queries: [Embedding], limit: Int = 10, among images: [(Int64, Embedding)]? = nil,
        filter: MetadataFilter? = nil
    ) async throws -> Double {
        var found = 0
        for query in queries {
            let truth = bruteForce(query, images ?? self.images, limit: limit)
            found += Set(truth).intersection(try await search(query, limit: limit, filter: filter)).count
        }
        return Double(found) / Double(queries.count * limit)
    }
}

/// Unit vectors around centres, as embeddings lie: near enough to have neighbours, and all on one side of the origin.
func clusteredVectors(_ count: Int, dimension: Int, seed: UInt64, centreCount: Int = 40) -> [Embedding] {
    var generator = SeededGenerator(seed: 99)
    let centres = (0..<centreCount).map { _ in Embedding.random(dimension, using: &generator).values.map { abs($0) } }
    generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
        let centre = centres[Int.random(in: 0..<centreCount, using: &generator)]
        let noise = Embedding.random(dimension, using: &generator).values
        return Embedding(normalising: zip(centre, noise).map { $0 + 0.5 * $1 })!
    }
}
