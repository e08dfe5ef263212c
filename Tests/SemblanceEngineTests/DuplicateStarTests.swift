import SemblanceCore
import SemblanceEngine
import Testing

@Suite struct DuplicateStarTests {
    private func pair(_ first: Int64, _ second: Int64, _ score: Float) -> NeighbourPair {
        NeighbourPair(first: .init(rawValue: first), second: .init(rawValue: second), score: score)
    }

    private func groups(_ pairs: [NeighbourPair]) -> [[Int64]] {
        DuplicateStar.group(pairs).map { $0.members.map(\.id.rawValue) }
    }

    @Test func groupsAroundTheImageWithMostNeighbours() {
        #expect(groups([pair(1, 2, 0.97), pair(2, 3, 0.99)]) == [[2, 3, 1]])
    }

    @Test func doesNotJoinTheEndsOfAChain() {
        // 1–2–3–4–5: a chain whose ends have nothing in common.
        let chain = (1...4).map { pair($0, $0 + 1, 0.96) }
        for group in groups(chain) { #expect(group.count <= 3) }
    }

    @Test func putsEachImageInOneGroup() {
        // Each of 60 images is like five of another 60, with scores in no particular order.
        let pairs = (0..<300).map { number -> NeighbourPair in
            let (first, step) = (number % 60, number / 60)
            let second = 61 + (first * 7 + step * 13) % 60
            return pair(Int64(first + 1), Int64(second), 0.9 + Float(number * 37 % 100) / 1000)
        }
        let members = groups(pairs).flatMap(\.self)
        #expect(Set(members).count == members.count)
    }

    @Test func findsNothingAmongNothing() {
        #expect(groups([]).isEmpty)
    }
}
