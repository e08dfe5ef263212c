import Foundation
import SemblanceCore

/// One PostgreSQL database, shared by the catalogue, job and key stores of any number of processes.
///
/// Our tables are in the schema `semblance`. Calls run on the pool's threads and are done again, after a short wait,
/// where that can help: when transactions were in each other's way, and while the server restarts. So bodies may run
/// more than once, and what else they do than talk to the database may be done twice.
public final class PostgresDatabase: Sendable {
    /// What is done about a schema that is older than this program.
    public enum SchemaPolicy: Sendable, Hashable {
        /// Makes what is missing; processes that do it at once take turns.
        case migrate
        /// Refuses: somebody else brings it up to date.
        case require
    }

    public let configuration: PostgresConfiguration
    private let pool: PostgresPool

    private init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        pool = PostgresPool(configuration)
    }

    /// Checks the server, pgvector and the schema, and makes what is missing if the policy says so.
    /// - Throws: `StoreError`: `database-unavailable`, `database-denied`, `database-unknown`, `database-unsupported`,
    ///   `database-extension`, `database-newer-schema`, `database-older-schema`. Messages name host and database.
    public static func open(
        _ configuration: PostgresConfiguration, schema policy: SchemaPolicy
    ) async throws -> PostgresDatabase {
        // Its connection is not kept: it may have been made before pgvector was there.
        let preparing = PostgresDatabase(configuration)
        defer { preparing.close() }
        do {
            try await preparing.retrying(for: configuration.readRetryTime, isOpening: true) {
                try await preparing.pool.withConnection { connection in
                    try PostgresRequirements.check(connection.server)
                    try PostgresSchema.prepare(connection, policy)
                }
            }
        } catch {
            throw StoreError.mapping(error, opening: configuration.url)
        }
        return PostgresDatabase(configuration)
    }

    /// Closes the connections. Work that waits is still done.
    public func close() {
        pool.close()
    }

    /// Runs a statement that reads, or several that need not see the same moment.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await mapped {
            try await retrying(for: configuration.readRetryTime) { try await pool.withConnection(body) }
        }
    }

    /// Runs statements that see one moment.
    package func snapshot<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await transaction(.snapshot, body)
    }

    /// Runs a transaction: all of it is durable when this returns, or none of it happened.
    @discardableResult
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await transaction(.readCommitted, body)
    }

    /// Runs statements that must not be in a transaction, or take longer than usual. They are not tried again.
    package func run<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await mapped {
            try await pool.withConnection { connection in try connection.withTimeLimit(limit) { try body(connection) } }
        }
    }

    private func transaction<Value: Sendable>(
        _ isolation: PostgresConnection.Isolation, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        let time = isolation == .snapshot ? configuration.readRetryTime : configuration.writeRetryTime
        return try await mapped {
            try await retrying(for: time) {
                let outcome = try await pool.withConnection { try $0.transaction(isolation, body) }
                switch outcome {
                case .committed(let value): return value
                case .uncertain(let value, let transaction, let failure):
                    return try await settle(value, transaction, failure, within: time)
                }
            }
        }
    }

    /// Asks the server what became of a transaction whose end was not heard.
    private func settle<Value: Sendable>(
        _ value: Value, _ transaction: String, _ failure: PostgresFailure, within time: Duration
    ) async throws -> Value {
        let status: String?
        do {
            status = try await retrying(for: time) {
                try await pool.withConnection { connection -> String? in
                    let status = try Self.status(of: transaction, connection)
                    // The server has not noticed yet that nobody listens: ask again.
                    if status == "in progress" { throw PostgresFailure(.lost, "the transaction is not over") }
                    return status
                }
            }
        } catch is PostgresFailure {
            throw unsettled(failure)
        }
        switch status {
        case "committed": return value
        // Nothing of it happened: it may be done again.
        case "aborted": throw PostgresFailure(.lost, failure.description)
        default: throw unsettled(failure)
        }
    }

    /// Nobody knows what became of a transaction: it must not be done again, as a `PostgresFailure` would be.
    private func unsettled(_ failure: PostgresFailure) -> any Error { StoreError.mapping(failure, opening: nil) }

    /// A number that a server which crashed never wrote down lies in its future: nothing of that transaction is left.
    private static func status(of transaction: String, _ connection: PostgresConnection) throws -> String? {
        do {
            return try connection.query("SELECT pg_xact_status($1::text::xid8)", [.text(transaction)])
                .first?.optional(0)
        } catch let failure as PostgresFailure where failure.kind == .statement(.invalidParameter) {
            return "aborted"
        }
    }

    /// - Parameter isOpening: tries again only where a server answered that it is about to be ready.
    private func retrying<Value: Sendable>(
        for time: Duration, isOpening: Bool = false, _ body: () async throws -> Value
    ) async throws -> Value {
        var schedule = RetrySchedule(until: .now + time)
        while true {
            do {
                return try await body()
            } catch let failure as PostgresFailure {
                if isOpening, failure.kind == .unreachable { throw failure }
                guard let wait = schedule.wait(after: failure) else { throw failure }
                try await Task.sleep(for: wait)
            }
        }
    }

    private func mapped<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch { throw StoreError.mapping(error, opening: nil) }
    }
}
