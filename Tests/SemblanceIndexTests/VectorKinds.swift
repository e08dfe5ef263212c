import SemblanceCore
import SemblanceTesting

/// Kinds of vectors that are hard in different ways.
enum VectorKind: CaseIterable {
    case random, clustered, constant, oneHot, heavyTailed, tinyComponents, hugeRange, signs, duplicates

    /// Unit vectors of this kind.
    func vectors(_ count: Int, _ dimension: Int, seed: UInt64) -> [Embedding] {
        var generator = SeededGenerator(seed: seed)
        let centres = (0..<5).map { _ in Embedding.random(dimension, using: &generator) }
        return (0..<count).map { number in
            vector(number, dimension, centres, &generator) ?? .random(dimension, using: &generator)
        }
    }

    private func vector(
        _ number: Int, _ dimension: Int, _ centres: [Embedding], _ generator: inout SeededGenerator
    ) -> Embedding? {
        let random = Embedding.random(dimension, using: &generator).values
        let centre = centres[number % centres.count].values
        switch self {
        case .random: return Embedding(unit: random)
        case .clustered: return Embedding(normalising: zip(centre, random).map { $0 + 0.1 * $1 })
        case .constant: return Embedding(normalising: random.map { _ in number % 2 == 0 ? 1 : -1 })
        case .oneHot: return Embedding(normalising: random.indices.map { $0 == number % dimension ? -1 : 0 })
        case .heavyTailed: return Embedding(normalising: random.map { $0 * $0 * $0 })
        case .tinyComponents: return Embedding(normalising: random.indices.map { $0 == 0 ? 1 : random[$0] * 1e-6 })
        case .hugeRange:
            return Embedding(normalising: random.map { $0 * Float.random(in: 0...1, using: &generator) * 1e-30 + $0 })
                .map { Embedding(unit: $0.values.enumerated().map { $0 % 3 == 2 ? $1 * 1e-35 : $1 }) }
                .flatMap { Embedding(normalising: $0.values) }
        case .signs: return Embedding(normalising: random.map { $0 < 0 ? -1 : 1 })
        case .duplicates: return Embedding(unit: centre)
        }
    }
}
