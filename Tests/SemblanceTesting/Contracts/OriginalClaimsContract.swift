import Foundation
import SemblanceCore
import Synchronization
import Testing

/// What every `OriginalClaims` promises, as its processes see it.
public struct OriginalClaimsContract: Sendable {
    /// Whose ingestion claims.
    let claims: any OriginalClaims
    /// Of the process that deletes: the same, or another process's.
    let others: any OriginalClaims
    /// Writes the row of a stored original, as ingestion does between claiming and releasing.
    let addRow: @Sendable (ContentHash) async throws -> Void
    private let threads = ThreadPool(name: "claims", threadCount: 1)

    public init(
        claims: any OriginalClaims, others: any OriginalClaims,
        addRow: @escaping @Sendable (ContentHash) async throws -> Void
    ) {
        (self.claims, self.others, self.addRow) = (claims, others, addRow)
    }

    /// Deletes what no row names any more.
    /// - Returns: the files that were removed.
    private func removed(
        _ hashes: [ContentHash], while deleting: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> Set<ContentHash> {
        let removed = Mutex<Set<ContentHash>>([])
        let deletion = { @Sendable () async throws -> [ContentHash] in
            try await deleting()
            return hashes
        }
        try await others.remove(after: deletion, on: threads) { hash in
            removed.withLock { _ = $0.insert(hash) }
        }
        return removed.withLock { $0 }
    }

    public static let checks: [ContractCheck<OriginalClaimsContract>] = [
        ContractCheck("what is claimed stays, what is not goes") {
            let (claimed, free) = (Samples.hash(1), Samples.hash(2))
            try await $0.claims.claim([claimed])
            #expect(try await $0.removed([claimed, free]) == [free])
            await $0.claims.release([claimed])
            #expect(try await $0.removed([claimed, free]) == [claimed, free])
        },
        ContractCheck("a claim counts as often as it was made") {
            let hash = Samples.hash(1)
            try await $0.claims.claim([hash, hash])
            try await $0.claims.claim([hash])
            for _ in 0..<2 {
                await $0.claims.release([hash])
                #expect(try await $0.removed([hash]).isEmpty)
            }
            await $0.claims.release([hash, Samples.hash(9)])
            #expect(try await $0.removed([hash]) == [hash])
        },
        ContractCheck("a row that was written while others were deleted keeps its file") { contract in
            let hash = Samples.hash(1)
            let removed = try await contract.removed([hash]) {
                try await contract.claims.claim([hash])
                try await contract.addRow(hash)
                await contract.claims.release([hash])
            }
            #expect(removed.isEmpty)
        },
        ContractCheck("nobody claims a file while it is being removed") { contract in
            let hash = Samples.hash(1)
            let isRemoving = Mutex(false)
            let isGone = Mutex(false)
            let deletion = { @Sendable () async throws -> [ContentHash] in [hash] }
            async let removal: Void = contract.others.remove(after: deletion, on: contract.threads) { _ in
                isRemoving.withLock { $0 = true }
                // Time for the other to come too early, if it can.
                for _ in 0..<20 { Thread.sleep(forTimeInterval: 0.005) }
                isGone.withLock { $0 = true }
            }
            while !isRemoving.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
            try await contract.claims.claim([hash])
            #expect(isGone.withLock { $0 })
            try await removal
        },
        ContractCheck("many at once") {
            let hashes = (0..<250).map(Samples.hash)
            try await $0.claims.claim(Array(hashes.prefix(130)))
            #expect(try await $0.removed(hashes) == Set(hashes.suffix(120)))
            await $0.claims.release(Array(hashes.prefix(130)))
            #expect(try await $0.removed(hashes).count == 250)
        },
    ]
}
