import CPostgres
import Foundation

/// One connection to PostgreSQL. Calls block, each for at most `timeLimit`: it belongs on a thread of its own.
///
/// The socket is never waited for without a limit, so that a server that stopped answering, or a network that
/// swallows what is sent, ends in an error. After such an error the connection is broken and of no further use.
///
/// `@unchecked Sendable`: `handle`, `statements`, `settings` and `timeLimit` are used by one thread at a time; the pool hands a
/// connection to one thread at a time.
package final class PostgresConnection: @unchecked Sendable {
    let handle: OpaquePointer
    package let configuration: PostgresConfiguration
    /// What the server said about itself when the connection was made.
    package private(set) var server = PostgresServer()
    /// How long one call may take, reckoned by this side. The server itself gives up a little earlier.
    private(set) var timeLimit: Duration
    /// A call failed in such a way that what the server does now is not known.
    var isBroken = false

    /// Prepared statements by their text and the types of their parameters.
    var statements: [PreparedStatement: String] = [:]
    /// Settings that were made for the rest of the session, by name.
    var settings: [String: String] = [:]

    /// The server gives up first, with an error after which the connection can still be used.
    static let grace = Duration.seconds(2)

    /// Connects and makes the session's settings.
    /// - Throws: `PostgresFailure`: `unreachable`, `refused`.
    package init(to url: PostgresURL, _ configuration: PostgresConfiguration) throws {
        self.configuration = configuration
        timeLimit = configuration.statementTimeLimit + Self.grace
        handle = try Self.connect(to: url, configuration)
        // Notices would be printed to the standard error output.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // If this throws, `deinit` ends the connection: all members have values by now.
        server = try startSession()
    }

    deinit { PQfinish(handle) }

    /// Whether the server closed the connection while nobody used it. Does not ask the server.
    var isUsable: Bool {
        guard !isBroken, PQstatus(handle) == CONNECTION_OK, PQtransactionStatus(handle) == PQTRANS_IDLE else {
            return false
        }
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        // Nothing is to be read from a connection that waits, except that it ends.
        guard poll(&descriptor, 1, 0) > 0 else { return true }
        return PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
    }

    /// Runs calls that may take longer, or must not take as long, as usual; the server is told, too.
    package func withTimeLimit<Value>(_ limit: Duration, _ body: () throws -> Value) throws -> Value {
        let usual = timeLimit
        try setStatementTimeout(limit)
        timeLimit = limit + Self.grace
        defer { timeLimit = usual }
        do {
            let value = try body()
            try setStatementTimeout(usual - Self.grace)
            return value
        } catch {
            // Within a transaction the setting goes with it.
            if PQtransactionStatus(handle) == PQTRANS_IDLE { try? setStatementTimeout(usual - Self.grace) }
            throw error
        }
    }

    private func setStatementTimeout(_ limit: Duration) throws {
        try query("SELECT set_config('statement_timeout', $1, false)", [.text(String(limit.milliseconds))])
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

/// What a server says about itself.
package struct PostgresServer: Sendable, Hashable {
    /// Such as 180004.
    package var version = 0
    var encoding = ""
    /// The schema that pgvector is in; `nil` if the database does not have it.
    package var vectorSchema: String?
    package var vectorVersion: String?
    /// Numbers of pgvector's types in this database; 0 if it is not there.
    var vectorType: UInt32 = 0
    var vectorArrayType: UInt32 = 0
}
