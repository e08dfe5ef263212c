// Vectors to search among, when a set has too few.
//
// Labelled sets have hundreds of images; indexes differ at tens of thousands. A larger collection is made of the real
// embeddings by interpolation between neighbours (SMOTE: Chawla, Bowyer, Hall and Kegelmeyer, JAIR 16, 2002): a made
// vector lies at a random place between a real one and one of its ten nearest, with a little noise, scaled to unit
// length. Made vectors stay where real ones are, so there are dense and empty places, near duplicates and outliers, as in
// a real collection; but they know nothing that the real ones do not, and lie on lines between them: an index has it
// easier than with as many pictures. The queries are real, and no made vector is made of one.

import Foundation
import SemblanceCore

/// Vectors to search among, and queries that are not among them.
package struct VectorCollection: Sendable {
    /// The name in reports.
    package let name: String
    package let vectors: [Embedding]
    package let queries: [Embedding]
    /// More of the kind of the queries, for indexes that choose their parameters by some: held out as well.
    package let tuningQueries: [Embedding]

    /// Neighbours that a made vector may lie towards.
    private static let neighbourCount = 10
    /// Length of the noise, in parts of the way between the two vectors.
    private static let noise: Float = 0.25

    /// Splits real vectors into queries, a tenth at most, as many for tuning, and the others.
    package static func real(_ embeddings: [Embedding], _ options: BenchmarkPlan.Options) -> VectorCollection {
        var order = Array(embeddings.indices)
        var generator = SeededGenerator(seed: options.seed)
        let queryCount = min(options.queryCount, embeddings.count / 10)
        for place in 0..<2 * queryCount {
            order.swapAt(place, place + generator.index(below: order.count - place))
        }
        return VectorCollection(
            name: "real", vectors: order[(2 * queryCount)...].sorted().map { embeddings[$0] },
            queries: order[..<queryCount].map { embeddings[$0] },
            tuningQueries: order[queryCount..<2 * queryCount].map { embeddings[$0] })
    }

    /// As many vectors as asked for: the real ones and, beyond, made ones. Takes seconds; blocks.
    /// - Throws: `CancellationError`.
    package func enlarged(to count: Int, seed: UInt64) throws -> VectorCollection {
        guard count > vectors.count, vectors.count > 1 else { return self }
        let neighbours = try nearest()
        var generator = SeededGenerator(seed: seed &+ 1)
        var all = vectors
        all.reserveCapacity(count)
        while all.count < count {
            let place = generator.index(below: vectors.count)
            let others = neighbours[place]
            let other = others[generator.index(below: others.count)]
            all.append(Self.between(vectors[place], vectors[other], &generator))
        }
        return VectorCollection(
            name: "augmented to \(count)", vectors: all, queries: queries, tuningQueries: tuningQueries)
    }

    private static func between(
        _ start: Embedding, _ end: Embedding, _ generator: inout SeededGenerator
    ) -> Embedding {
        let share = Float.random(in: 0..<1, using: &generator)
        let way = zip(start.values, end.values).map { $1 - $0 }
        let length = way.reduce(0) { $0 + $1 * $1 }.squareRoot()
        // Uniform components of this width have the wanted length in the mean.
        let width = noise * length * (3 / Float(way.count)).squareRoot()
        let values = zip(start.values, way).map { value, step in
            value + share * step + (width > 0 ? Float.random(in: -width...width, using: &generator) : 0)
        }
        return Embedding(normalising: values) ?? start
    }

    /// The nearest of each vector.
    private func nearest() throws -> [[Int]] {
        var matrix = EmbeddingMatrix(rowCount: vectors.count, dimension: vectors[0].dimension)
        for (row, vector) in vectors.enumerated() { matrix[row] = vector }
        let rows = Array(vectors.indices)
        var scores = [Float](repeating: 0, count: rows.count)
        return try rows.map { row in
            try Task.checkCancellation()
            matrix.score(row, with: rows, into: &scores)
            let keys = rows.filter { $0 != row }.map { RankingKey(score: scores[$0], position: $0) }
            return keys.sorted(by: >).prefix(Self.neighbourCount).map(\.position)
        }
    }

    /// The score of the k-th nearest of each query: what is at least as near is a right answer.
    package func truth(limit: Int) throws -> [Float] {
        var matrix = EmbeddingMatrix(rowCount: vectors.count + 1, dimension: vectors[0].dimension)
        for (row, vector) in vectors.enumerated() { matrix[row] = vector }
        let rows = Array(vectors.indices)
        var scores = [Float](repeating: 0, count: rows.count)
        return try queries.map { query in
            try Task.checkCancellation()
            matrix[vectors.count] = query
            matrix.score(vectors.count, with: rows, into: &scores)
            return scores.sorted(by: >)[min(limit, scores.count) - 1]
        }
    }
}
