import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// The law that filters in SQL rest on.
@Suite struct MetadataSortKeyTests {
    private func values() -> [JSONValue] {
        var random = RandomMetadata(seed: 3)
        return (0..<200).flatMap { _ in random.metadata().members } + (0..<50).map { _ in random.metadata() }
    }

    @Test func bytesAreEqualExactlyWhenValuesAre() {
        let values = values()
        let keys = values.map { MetadataSortKey($0).bytes }
        for (left, leftKey) in zip(values, keys) {
            for (right, rightKey) in zip(values, keys) {
                #expect((left == right) == (leftKey == rightKey), "\(left) and \(right)")
            }
        }
    }

    @Test func bytesOrderNumbersAndStrings() {
        var generator = SeededGenerator(seed: 5)
        let numbers =
            (0..<300).map { _ in Double(bitPattern: generator.next()) }.filter { !$0.isNaN } + [0, -0.0, .infinity]
        let scalars = (0..<900).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &generator)) }
        let strings = stride(from: 0, to: scalars.count - 3, by: 3).map { start in
            String(String.UnicodeScalarView(scalars[start..<start + Int.random(in: 0...3, using: &generator)]))
        }
        for (left, right) in zip(numbers, numbers.shuffled(using: &generator)) {
            expectOrder(.number(left), .number(right), isLess: left < right)
        }
        for (left, right) in zip(strings, strings.shuffled(using: &generator)) {
            expectOrder(.string(left), .string(right), isLess: left < right)
        }
    }

    private func expectOrder(_ left: JSONValue, _ right: JSONValue, isLess: Bool) {
        let isBefore = MetadataSortKey(left).bytes.lexicographicallyPrecedes(MetadataSortKey(right).bytes)
        #expect(isBefore == isLess, "\(left) and \(right)")
    }
}

extension JSONValue {
    fileprivate var members: [JSONValue] {
        if case .object(let members) = self { Array(members.values) } else { [] }
    }
}
