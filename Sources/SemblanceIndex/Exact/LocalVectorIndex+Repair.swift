import SemblanceCore

extension LocalVectorIndex {
    /// Runs an operation again after damage that it found has been mended from the store.
    /// - Throws: `IndexError` with `index-damaged` if that does not help.
    func repairing<Value: Sendable>(_ operation: @Sendable () async throws -> Value) async throws -> Value {
        for _ in 0..<Self.maximumRepairCount {
            do {
                return try await operation()
            } catch let damage as DamagedRows {
                try await mend(damage.rows)
            } catch is CutFiles {
                try await startOver()
                try await reconcile()
            }
        }
        throw IndexError(
            .damaged, "The vector index is damaged again and again: check the disk, then delete the indexes folder.")
    }

    private static let maximumRepairCount = 3

    /// Where one vector is damaged others may be: all are read.
    private func mend(_ rows: [RowReference]) async throws {
        try await bury(try await threads.files.run { [self] in Self.damagedRows(in: snapshot) } + rows)
        try await reconcile()
    }

    static func damagedRows(in snapshot: Snapshot) -> [RowReference] {
        snapshot.segments.enumerated().flatMap { number, segment in
            (0..<segment.count).lazy
                .filter { segment.isAlive($0) && !segment.storage.verifyVector($0) }
                .map { RowReference(segment: UInt32(number), row: UInt32($0)) }
        }
    }
}

/// What a check of an index found.
public struct IndexCheck: Hashable, Sendable {
    /// Rows that searches can find.
    public let liveCount: Int
    /// Rows that wait for the next compaction.
    public let deadCount: Int
    /// Rows whose stored vector or codes missed their checksum. They have been fetched anew from the store.
    public let damagedCount: Int
    /// Rows that are in memory only.
    public let unwrittenCount: Int
}

extension LocalVectorIndex {
    /// Reads everything, compares it with its checksums, and mends what is damaged. For `doctor`.
    public func check() async throws -> IndexCheck {
        let snapshot = snapshot
        guard snapshot.segments.allSatisfy({ $0.storage.holds($0.count) }) else {
            try await startOver()
            try await reconcile()
            return summary(damagedCount: snapshot.liveCount)
        }
        let damaged = try await threads.files.run {
            Set(Self.damagedRows(in: snapshot) + Self.rowsWithDamagedCodes(in: snapshot))
        }
        if !damaged.isEmpty {
            try await bury(Array(damaged))
            try await reconcile()
        }
        return summary(damagedCount: damaged.count)
    }

    private func summary(damagedCount: Int) -> IndexCheck {
        let snapshot = snapshot
        return IndexCheck(
            liveCount: snapshot.liveCount, deadCount: snapshot.deadCount, damagedCount: damagedCount,
            unwrittenCount: snapshot.segments[1].liveCount)
    }

    private static func rowsWithDamagedCodes(in snapshot: Snapshot) -> [RowReference] {
        snapshot.segments.enumerated().flatMap { number, segment in
            (0..<segment.count).lazy
                .filter { segment.isAlive($0) && !segment.storage.hasSoundCodes($0) }
                .map { RowReference(segment: UInt32(number), row: UInt32($0)) }
        }
    }
}
