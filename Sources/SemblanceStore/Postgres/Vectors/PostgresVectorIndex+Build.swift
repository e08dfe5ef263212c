// Building an HNSW index.
//
// One process builds the index of a table at a time: it holds an advisory lock on the table's number for the session
// that builds, which PostgreSQL gives up by itself when the process dies. CREATE INDEX CONCURRENTLY lets insertions,
// deletions and searches go on, and waits for transactions that are older; nobody waits for the lock in a transaction,
// so that the two never wait for each other. Its progress is asked for on another connection.
//
// A build that was cut short leaves an index that is marked invalid. It is dropped and built again. An index of another
// kind or with other parameters is dropped when the new one is ready: searches are never without.

import SemblanceCore
import Synchronization

extension PostgresVectorIndex {
    /// - Throws: `StoreError`, with `disk-full` among others; `CancellationError`. What was there before stays.
    @discardableResult
    public func build(report: @escaping @Sendable (IndexBuildProgress) -> Void) async throws -> IndexBuildOutcome {
        forgetTable()
        let builder = VectorIndexBuilder(configuration: configuration)
        let outcome = try await withTable(orElse: IndexBuildOutcome.notNeeded as IndexBuildOutcome?) {
            try builder.outcomeWithoutBuilding($1, $0)
        }
        if let outcome { return outcome }
        defer { forgetTable() }
        let session = BuildSession()
        return try await withThrowingTaskGroup(of: IndexBuildOutcome?.self) { group in
            group.addTask { try await self.build(with: builder, session) }
            group.addTask {
                await self.watch(session, report)
                return nil
            }
            defer { group.cancelAll() }
            while let next = try await group.next() {
                if let outcome = next { return outcome }
            }
            return .notNeeded
        }
    }

    private func build(with builder: VectorIndexBuilder, _ session: BuildSession) async throws -> IndexBuildOutcome {
        try await withTaskCancellationHandler {
            do {
                return try await database.run(within: configuration.buildTimeLimit) { [self] connection in
                    guard let table = try VectorTable.find(space, configuration, connection) else { return .notNeeded }
                    return try builder.build(table, connection, session)
                }
            } catch {
                // The server was told to stop.
                try Task.checkCancellation()
                throw error
            }
        } onCancel: {
            let database = self.database
            guard let process = session.cancel()?.process else { return }
            Task {
                // Only if it is still building: the process may serve others by then.
                _ = try? await database.read {
                    try $0.execute(
                        """
                        SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index WHERE pid = $1::int8::int4
                        """, [.integer(process)])
                }
            }
        }
    }

    /// Tells how far the building is until the task is cancelled.
    private func watch(_ session: BuildSession, _ report: @Sendable (IndexBuildProgress) -> Void) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            guard let build = session.build else { continue }
            let progress = try? await database.read { try VectorIndexBuilder.progress(of: build, $0) }
            if let progress { report(progress) }
        }
    }
}

/// A build that is under way, for others to watch and to stop.
final class BuildSession: Sendable {
    struct Build: Sendable {
        /// The server's process.
        let process: Int64
        let rowCount: Int
    }

    private struct State {
        var build: Build?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// `nil` while nothing is being built.
    var build: Build? { state.withLock { $0.build } }

    /// - Throws: `CancellationError` if it was cancelled before.
    func begin(_ build: Build) throws {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.build = build }
            return state.isCancelled
        }
        if isCancelled { throw CancellationError() }
    }

    func end() { state.withLock { $0.build = nil } }

    /// - Returns: what is being built, for the caller to stop.
    func cancel() -> Build? {
        state.withLock { state in
            state.isCancelled = true
            return state.build
        }
    }
}
