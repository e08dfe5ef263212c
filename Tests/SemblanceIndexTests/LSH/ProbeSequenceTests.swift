import SemblanceIndex
import SemblanceTesting
import Testing

@Suite struct ProbeSequenceTests {
    private func margins(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }

    /// What a bucket costs: the squares of the distances to the planes between it and the query.
    private func cost(_ probe: ProbeSequence.Probe, _ margins: [Float], bitCount: Int) -> Float {
        let own = Hasher.key(margins[(probe.table * bitCount)..<((probe.table + 1) * bitCount)])
        return (0..<bitCount).reduce(0) { sum, bit in
            let margin = margins[probe.table * bitCount + bit]
            return (own ^ probe.key) >> UInt32(bit) & 1 == 1 ? sum + margin * margin : sum
        }
    }

    @Test(arguments: [1, 2, 3, 7, 10], [1, 2, 5])
    func looksIntoEachBucketOnceCheapestFirst(_ bitCount: Int, _ tableCount: Int) {
        let margins = margins(bitCount * tableCount, seed: UInt64(bitCount))
        var sequence = ProbeSequence(margins: margins, bitCount: bitCount)
        var probes: [ProbeSequence.Probe] = []
        while let probe = sequence.next() { probes.append(probe) }
        #expect(probes.count == tableCount << bitCount)
        #expect(Set(probes).count == probes.count)
        #expect(sequence.next() == nil)
        #expect(probes.prefix(tableCount).map(\.table) == Array(0..<tableCount))
        let costs = probes.map { cost($0, margins, bitCount: bitCount) }
        #expect(costs.prefix(tableCount).allSatisfy { $0 == 0 })
        for (cost, next) in zip(costs, costs.dropFirst()) { #expect(cost <= next + 1e-5) }
    }

    @Test func equalMarginsLoseNoBucket() {
        var sequence = ProbeSequence(margins: [Float](repeating: 0.5, count: 12), bitCount: 6)
        var probes: Set<ProbeSequence.Probe> = []
        while let probe = sequence.next() { #expect(probes.insert(probe).inserted) }
        #expect(probes.count == 128)
    }
}

@Suite struct HashTableTests {
    private func keys(_ count: Int, bitCount: Int, seed: UInt64) -> [UInt32] {
        var generator = SeededGenerator(seed: seed)
        // Half of the rows in one bucket, as near duplicates are.
        return (0..<count).map { $0 % 2 == 0 ? 1 : UInt32.random(in: 0..<(1 << UInt32(bitCount)), using: &generator) }
    }

    private func rows(_ table: HashTable, _ key: UInt32) -> [UInt32] {
        var rows: [UInt32] = []
        table.forEachRow(key) { rows.append($0) }
        return rows
    }

    @Test(arguments: [1, 2, 9, 17, 30], [0, 1, 5, 300])
    func findsTheRowsOfEveryKey(_ bitCount: Int, _ count: Int) {
        let keys = keys(count, bitCount: bitCount, seed: 1)
        let table = HashTable(keys, count: count, firstRow: 40, bitCount: bitCount)
        for key in Set(keys) {
            let expected = keys.indices.filter { keys[$0] == key }.map { UInt32($0 + 40) }
            #expect(rows(table, key) == expected)
        }
        let absent = (0..<UInt32(min(1 << bitCount, 100))).filter { !keys.contains($0) }
        for key in absent { #expect(rows(table, key) == []) }
        var copied = [UInt32](repeating: .max, count: count)
        table.copyKeys(to: &copied, firstRow: 40)
        #expect(copied == keys)
    }

    @Test func joinedAndThinnedRunsAreThoseMadeAtOnce() {
        let planes = Hyperplanes(dimension: 4, bitCount: 7, tableCount: 3, seed: 1, centre: nil)
        let all = keys(3 * 50, bitCount: 7, seed: 2)
        let whole = HashedRun(all, firstRow: 10, planes: planes)
        let left = HashedRun(Array(all[..<60]), firstRow: 10, planes: planes)
        let right = HashedRun(Array(all[60...]), firstRow: 30, planes: planes)
        let joined = left.joined(with: right, bitCount: 7)
        let kept = (0..<50).filter { $0 % 3 != 0 }
        let thinned = whole.keeping(kept.map { UInt32($0 + 10) }, firstRow: 4, bitCount: 7)
        let few = HashedRun(kept.flatMap { all[(3 * $0)..<(3 * $0 + 3)] }, firstRow: 4, planes: planes)
        #expect(joined.firstRow == 10 && joined.count == 50 && thinned.count == kept.count)
        for table in 0..<3 {
            for key in 0..<UInt32(128) {
                #expect(rows(joined.tables[table], key) == rows(whole.tables[table], key))
                #expect(rows(thinned.tables[table], key) == rows(few.tables[table], key))
            }
        }
    }
}
