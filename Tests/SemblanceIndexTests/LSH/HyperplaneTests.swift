import CVectorKernels
import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

@Suite struct HyperplaneTests {
    private func margins(
        _ vector: [Float], _ planes: Hyperplanes, instructionSet: Int32 = cvk_best_isa()
    ) -> [Float] {
        var hasher = Hasher(planes, instructionSet: instructionSet)
        var margins = hasher.emptyMargins
        hasher.project(vector, into: &margins)
        return margins
    }

    /// Two vectors with an angle between them: `a`, and `a` turned towards something orthogonal.
    private func pair(_ angle: Double, _ dimension: Int, _ generator: inout SeededGenerator) -> ([Float], [Float]) {
        let a = Embedding.random(dimension, using: &generator).values.map(Double.init)
        let other = Embedding.random(dimension, using: &generator).values.map(Double.init)
        let along = zip(a, other).reduce(0) { $0 + $1.0 * $1.1 }
        let across = zip(a, other).map { $1 - along * $0 }
        let length = across.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let b = zip(a, across).map { cos(angle) * $0 + sin(angle) / length * $1 }
        return (a.map(Float.init), b.map(Float.init))
    }

    /// Charikar 2002: two vectors share a bit with the probability 1 − θ/π.
    @Test(arguments: [8, 64, 512, 1280], [0.05, 0.3, 0.8, 1.2, 1.9, 3.0])
    func bitsCollideAsTheoryHasIt(_ dimension: Int, _ angle: Double) {
        let planes = Hyperplanes(dimension: dimension, bitCount: 16, tableCount: 256, seed: 5, centre: nil)
        var generator = SeededGenerator(seed: UInt64(dimension) + 1)
        var (equal, count) = (0.0, 0.0)
        for _ in 0..<6 {
            let (a, b) = pair(angle, dimension, &generator)
            for (left, right) in zip(margins(a, planes), margins(b, planes)) {
                equal += (left >= 0) == (right >= 0) ? 1 : 0
                count += 1
            }
        }
        let expected = 1 - angle / .pi
        // Four and a half standard deviations of so many coins: one run in 150,000 is outside. Six pairs share planes,
        // but not directions.
        let bound = 4.5 * (expected * (1 - expected) / count).squareRoot()
        #expect(abs(equal / count - expected) < bound)
    }

    @Test func marginsAreDistancesFromPlanesThroughTheCentre() {
        let dimension = 33
        var generator = SeededGenerator(seed: 3)
        let centre = Embedding.random(dimension, using: &generator).values.map { 0.4 * $0 }
        let vector = Embedding.random(dimension, using: &generator).values
        let planes = Hyperplanes(dimension: dimension, bitCount: 8, tableCount: 4, seed: 1, centre: centre)
        let origin = Hyperplanes(dimension: dimension, bitCount: 8, tableCount: 4, seed: 1, centre: nil)
        let expected = zip(margins(vector, origin), margins(centre, origin)).map { $0 - $1 }
        for (margin, difference) in zip(margins(vector, planes), expected) {
            #expect(abs(margin - difference) < 1e-3)
        }
        // Distances of a unit vector have the mean square 1 ÷ dimension.
        let squares = margins(vector, origin).reduce(0) { $0 + $1 * $1 } / 32
        #expect(squares * Float(dimension) > 0.4 && squares * Float(dimension) < 2.2)
    }

    @Test func allInstructionSetsGiveTheSameBits() {
        for dimension in [1, 7, 64, 100, 1280] {
            let planes = Hyperplanes(dimension: dimension, bitCount: 13, tableCount: 5, seed: 2, centre: nil)
            for kind in VectorKind.allCases {
                let vector = kind.vectors(4, dimension, seed: 8)[3].values
                let expected = margins(vector, planes, instructionSet: plainInstructionSet)
                for instructionSet in KernelTests.instructionSets {
                    #expect(margins(vector, planes, instructionSet: instructionSet) == expected)
                }
            }
        }
    }

    /// Tuning hashes once, for the largest layout.
    @Test func fewerBitsAndTablesAreTheFirstOfMore() {
        let vector = VectorKind.random.vectors(1, 40, seed: 4)[0].values
        let large = Hyperplanes(dimension: 40, bitCount: 12, tableCount: 6, seed: 9, centre: nil)
        let small = Hyperplanes(dimension: 40, bitCount: 5, tableCount: 4, seed: 9, centre: nil)
        let all = margins(vector, large)
        let expected = (0..<4).flatMap { all[(12 * $0)..<(12 * $0 + 5)] }
        #expect(margins(vector, small) == expected)
        let other = Hyperplanes(dimension: 40, bitCount: 5, tableCount: 4, seed: 10, centre: nil)
        #expect(margins(vector, other) != expected)
    }

    @Test func keysHaveABitForEachPositiveSide() {
        let vector = VectorKind.random.vectors(1, 40, seed: 4)[0].values
        let planes = Hyperplanes(dimension: 40, bitCount: 11, tableCount: 3, seed: 9, centre: nil)
        var hasher = Hasher(planes)
        var margins = hasher.emptyMargins
        let keys = hasher.keys(vector, margins: &margins)
        for (plane, margin) in margins.enumerated() {
            #expect((keys[plane / 11] >> UInt32(plane % 11) & 1 == 1) == (margin >= 0))
        }
        #expect(keys.allSatisfy { $0 < 1 << 11 })
    }
}
