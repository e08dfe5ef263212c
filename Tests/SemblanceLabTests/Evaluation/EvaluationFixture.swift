import SemblanceCore
import SemblanceLab

/// Sets whose embeddings are numbers out of a generator, so that every result can be worked out another way.
struct EvaluationFixture {
    let embeddings: SetEmbeddings

    /// - Parameters:
    ///   - classCount: image number n is of class n mod `classCount`.
    ///   - steps: components are multiples of 1 ÷ steps before they are scaled; few steps make many ties.
    init(
        imageCount: Int, classCount: Int, dimension: Int = 8, steps: Int = 2, seed: UInt64 = 1,
        role: (Int) -> LabelledImage.Role = { _ in .both }, unusable: Set<Int> = [], identical: [[Int]] = []
    ) throws {
        let images = (0..<imageCount).map { number in
            LabelledImage(
                id: .init(Self.name(number)), path: Self.name(number), labels: ["class \(number % classCount)"],
                role: role(number))
        }
        let set = try LabelledSet(name: "numbers", images: images)
        var generator = SeededGenerator(seed: seed)
        var matrix = EmbeddingMatrix(rowCount: imageCount, dimension: dimension)
        for row in 0..<imageCount where !unusable.contains(row) {
            let values = (0..<dimension).map { _ in
                Float.random(in: -Float(steps)...Float(steps), using: &generator).rounded()
            }
            matrix[row] =
                Embedding(normalising: values) ?? Embedding(unit: [1] + [Float](repeating: 0, count: dimension - 1))
        }
        embeddings = SetEmbeddings(
            set, model: ModelVersion(modelID: "numbers", digest: "0", dimension: dimension), matrix: matrix,
            unusable: unusable, identical: identical)
    }

    /// Ascending names, so that an image's number is its position.
    static func name(_ number: Int) -> String { "\(1_000_000 + number)" }

    func evaluate(
        _ metrics: [Metric] = Metric.standard, by search: NeighbourSearch = .exact, threadCount: Int = 2
    ) async throws -> Evaluation {
        try await Evaluator(
            Evaluator.Options(metrics: metrics, bootstrap: Bootstrap(resampleCount: 100)), threadCount: threadCount
        ).evaluate(embeddings, by: search)
    }

    /// The ranking of a query by sorting the whole gallery.
    func sorted(_ query: Int, in task: RetrievalTask) throws -> JudgedRanking {
        let images = embeddings.set.images
        let excluded = Set(task.excluded(for: query))
        var grades: [LabelledImage.ID: Int] = [:]
        for (position, grade) in task.relevant(to: query) { grades[images[position].id] = grade }
        return try JudgedRanking(
            scores: task.gallery.filter { !excluded.contains($0) }.map {
                (images[$0].id, embeddings.matrix.score(query, $0))
            }, grades: grades)
    }
}
