import Dispatch
import SemblanceCore

extension LSHVectorIndex {
    /// Vectors that the hyperplanes' common point is the mean of, at most: more would hardly move it.
    static let centringCount = 20_000
    /// Rows that are encoded and hashed at a time.
    static let batchCount = 4096

    /// An index of many vectors at once.
    ///
    /// - Parameter parameters: `LSHTuning` finds those that a wanted recall needs.
    /// - Throws: as `insert`; `index-invalid-parameters`.
    public static func build(
        space: EmbeddingSpace, of vectors: [(CatalogueImage.ID, Embedding)], parameters: LSHParameters,
        filters: any FilterResolver, options: Options = Options()
    ) async throws -> LSHVectorIndex {
        for (_, embedding) in vectors { try embedding.validate(dimension: space.model.dimension) }
        let index = try LSHVectorIndex(
            space: space, parameters: parameters, centre: centre(of: vectors.lazy.map(\.1)), filters: filters,
            options: options)
        try await index.insert(vectors)
        return index
    }

    /// The mean of vectors evenly spread over those given; `nil` if there are none.
    static func centre(of vectors: some RandomAccessCollection<Embedding>) -> [Float]? {
        guard let dimension = vectors.first?.dimension else { return nil }
        let step = max(1, vectors.count / centringCount)
        var sums = [Double](repeating: 0, count: dimension)
        var count = 0.0
        for offset in stride(from: 0, to: vectors.count, by: step) {
            let values = vectors[vectors.index(vectors.startIndex, offsetBy: offset)].values
            for index in 0..<dimension { sums[index] += Double(values[index]) }
            count += 1
        }
        return sums.map { Float($0 / count) }
    }

    /// The keys of some rows, row by row. Blocks; uses as many threads.
    static func keys(
        of rows: Range<Int>, in segment: Segment, _ planes: Hyperplanes, threadCount: Int
    ) -> [UInt32] {
        let partCount = min(threadCount, max(1, rows.count / 256))
        let width = planes.tableCount
        return [UInt32](unsafeUninitializedCapacity: rows.count * width) { buffer, initializedCount in
            let result = Destination(base: buffer.baseAddress)
            DispatchQueue.concurrentPerform(iterations: partCount) { part in
                var hasher = Hasher(planes)
                var margins = hasher.emptyMargins
                for place in rows.count * part / partCount..<rows.count * (part + 1) / partCount {
                    let keys = hasher.keys(segment.storage.vector(rows.lowerBound + place), margins: &margins)
                    for (table, key) in keys.enumerated() {
                        (result.base! + place * width + table).initialize(to: key)
                    }
                }
            }
            initializedCount = rows.count * width
        }
    }

    /// `@unchecked Sendable`: each iteration writes to places of its own.
    private struct Destination: @unchecked Sendable {
        let base: UnsafeMutablePointer<UInt32>?
    }
}
