import Foundation
import SemblanceCore

/// Numbers that look random and are the same on every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Unit vectors around shared centres, as embeddings of a catalogue are: harder than vectors without any order.
struct ClusteredVectors {
    private let centres: [[Float]]
    private var generator: SeededGenerator

    init(dimension: Int, centreCount: Int = 200, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        centres = (0..<centreCount).map { _ in (0..<dimension).map { _ in Self.normal(&generator) } }
        self.generator = generator
    }

    mutating func next() -> Embedding {
        let centre = centres[Int.random(in: 0..<centres.count, using: &generator)]
        let values = centre.map { $0 + 0.7 * Self.normal(&generator) }
        return Embedding(normalising: values) ?? Embedding(unit: centre)
    }

    /// Nearly normal: the sum of four uniform numbers.
    fileprivate static func normal(_ generator: inout SeededGenerator) -> Float {
        let bits = generator.next()
        let sum = (0..<4).reduce(Float(0)) { $0 + Float((bits >> (16 * UInt64($1))) & 0xFFFF) / 65535 - 0.5 }
        return sum * 1.732
    }
}

/// Unit vectors around centres, of few degrees of freedom: like embeddings of photographs, and unlike noise they have
/// neighbours that are nearer than the rest, which a graph is there to find.
struct PhotographLikeVectors {
    private let directions: [[Float]]
    private let centres: [[Float]]
    private var generator: SeededGenerator

    init(dimension: Int, freedom: Int = 48, centreCount: Int = 300, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        // The later a direction, the less varies along it.
        directions = (1...freedom).map { place in
            (0..<dimension).map { _ in ClusteredVectors.normal(&generator) / Float(place).squareRoot() }
        }
        centres = (0..<centreCount).map { _ in (0..<freedom).map { _ in ClusteredVectors.normal(&generator) } }
        self.generator = generator
    }

    mutating func next() -> Embedding {
        let centre = centres[Int.random(in: 0..<centres.count, using: &generator)]
        var values = directions[0].map { _ in 0.3 * ClusteredVectors.normal(&generator) }
        for (direction, place) in zip(directions, centre) {
            let share = place + 0.8 * ClusteredVectors.normal(&generator)
            for index in values.indices { values[index] += share * direction[index] }
        }
        return Embedding(normalising: values) ?? Embedding(unit: directions[0])
    }
}
