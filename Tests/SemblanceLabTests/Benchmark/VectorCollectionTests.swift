import SemblanceCore
import SemblanceLab
import SemblanceTesting
import Testing

@Suite struct VectorCollectionTests {
    private static let embeddings: [Embedding] = {
        var generator = SemblanceTesting.SeededGenerator(seed: 4)
        let centres = (0..<6).map { _ in Embedding.random(32, using: &generator).values }
        return (0..<300).map { number in
            let noise = Embedding.random(32, using: &generator).values
            return Embedding(normalising: zip(centres[number % 6], noise).map { $0 + 0.4 * $1 })!
        }
    }()

    private var options: BenchmarkPlan.Options {
        var options = BenchmarkPlan.Options(threadCount: 1)
        options.queryCount = 25
        return options
    }

    @Test func queriesAreHeldOut() {
        let real = VectorCollection.real(Self.embeddings, options)
        #expect(real.queries.count == 25 && real.tuningQueries.count == 25 && real.vectors.count == 250)
        #expect(Set(real.queries + real.tuningQueries + real.vectors) == Set(Self.embeddings))
        #expect(VectorCollection.real(Self.embeddings, options).queries == real.queries)
        var other = options
        other.seed = 2
        #expect(VectorCollection.real(Self.embeddings, other).queries != real.queries)
    }

    @Test func madeVectorsLieAmongTheRealOnesAndAreTheSameEveryTime() throws {
        let real = VectorCollection.real(Self.embeddings, options)
        let large = try real.enlarged(to: 2000, seed: 1)
        #expect(large.vectors.count == 2000 && large.queries == real.queries)
        #expect(Array(large.vectors.prefix(250)) == real.vectors)
        #expect(try real.enlarged(to: 2000, seed: 1).vectors == large.vectors)
        #expect(try real.enlarged(to: 2000, seed: 2).vectors != large.vectors)
        let made = large.vectors.dropFirst(250)
        #expect(Set(made).count == made.count, "none twice")
        for vector in made.prefix(200) {
            #expect(abs(vector.score(with: vector) - 1) < 1e-5)
            // A random direction would have about 0.3 with the nearest of so many.
            #expect(real.vectors.map { $0.score(with: vector) }.max()! > 0.7)
        }
        #expect(try real.enlarged(to: 100, seed: 1).vectors == real.vectors)
    }

    @Test func theTruthIsTheScoreOfTheLastOfTheNearest() throws {
        let real = VectorCollection.real(Self.embeddings, options)
        for (query, least) in zip(real.queries, try real.truth(limit: 10)) {
            let scores = real.vectors.map { $0.score(with: query) }.sorted(by: >)
            #expect(abs(scores[9] - least) < 1e-5)
        }
    }
}
