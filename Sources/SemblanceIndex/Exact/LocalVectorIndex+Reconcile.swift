// Bringing the index in line with the catalogue store.
//
// The numbers in the index are read before those in the store. A number that only the index had was therefore deleted
// from the store (images are stored before they are inserted here). A number that only the store has is fetched; if it
// is inserted meanwhile, the append leaves it out, and if it is removed meanwhile, `Writer.removed` keeps it out.

import SemblanceCore

extension LocalVectorIndex {
    /// Vectors fetched from the store at a time.
    private static let batchCount = 512

    /// Removes what the store has not and fetches what it has.
    ///
    /// Embeddings that no index can hold (of another dimension, or not of unit length) are left out.
    /// - Throws: the source's errors.
    public func reconcile() async throws {
        try await countReconciliation(1)
        do {
            try await bringInLine()
        } catch {
            try? await countReconciliation(-1)
            throw error
        }
        try await countReconciliation(-1)
        compactIfWorthwhile()
    }

    private func bringInLine() async throws {
        let held = snapshot.liveIDs()
        let wanted = try await source.embeddedImages(in: space).map(\.rawValue)
        let difference = Difference(held: held, wanted: wanted)
        try await bury(difference.extra, isRemoval: false)
        for start in stride(from: 0, to: difference.missing.count, by: Self.batchCount) {
            try Task.checkCancellation()
            let ids = difference.missing[start..<min(start + Self.batchCount, difference.missing.count)]
            let fetched = try await source.embeddings(of: ids.map { .init(rawValue: $0) }, in: space)
            let usable = fetched.filter { (try? $0.1.validate(dimension: dimension)) != nil }
            try await append(usable, toMemory: true)
        }
    }

    private func countReconciliation(_ change: Int) async throws {
        try await threads.files.run { [self] in
            writer.withLock { writer in
                writer.reconciliationCount += change
                if writer.reconciliationCount == 0 { writer.removed = [] }
            }
        }
    }

    /// What two ascending lists do not share.
    private struct Difference {
        var extra: [Int64] = []
        var missing: [Int64] = []

        init(held: [Int64], wanted: [Int64]) {
            var index = 0
            for id in wanted {
                while index < held.count, held[index] < id {
                    extra.append(held[index])
                    index += 1
                }
                if index < held.count, held[index] == id { index += 1 } else { missing.append(id) }
            }
            extra += held[index...]
        }
    }
}
