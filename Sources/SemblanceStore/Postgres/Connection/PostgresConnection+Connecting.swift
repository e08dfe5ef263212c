import CPostgres
import Foundation

extension PostgresConnection {
    /// Tries the URL's hosts in turn, each with its own time limit.
    static func connect(to url: PostgresURL, _ configuration: PostgresConfiguration) throws -> OpaquePointer {
        var failure: PostgresFailure?
        for target in url.targets {
            do {
                return try connect(target, within: configuration.connectTimeLimit)
            } catch let error as PostgresFailure {
                // What a server said is worth more than that another did not answer.
                if case .refused = failure?.kind { continue }
                failure = error
            }
        }
        throw failure ?? PostgresFailure(.unreachable, "the URL names no host")
    }

    private static func connect(_ target: [String: String], within limit: Duration) throws -> OpaquePointer {
        var parameters = target
        parameters["fallback_application_name"] = "semblance"
        parameters["client_encoding"] = "UTF8"
        // What the kernel does about a peer that went away without a word.
        for (key, value) in ["keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3"] {
            parameters[key] = parameters[key] ?? value
        }
        parameters["tcp_user_timeout"] = parameters["tcp_user_timeout"] ?? "10000"
        guard let handle = start(parameters) else { throw PostgresFailure(.unreachable, "out of memory") }
        do {
            // The message is the code alone then; see `SQLState.init(lastIn:)`.
            PQsetErrorVerbosity(handle, PQERRORS_SQLSTATE)
            try finish(handle, until: .now + limit)
            PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
            guard PQsetnonblocking(handle, 1) == 0 else { throw connectionFailure(handle) }
            return handle
        } catch {
            PQfinish(handle)
            throw error
        }
    }

    private static func start(_ parameters: [String: String]) -> OpaquePointer? {
        let keywords = parameters.keys.map { strdup($0) }
        let values = parameters.values.map { strdup($0) }
        defer { for text in keywords + values { free(text) } }
        return PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
    }

    private static func finish(_ handle: OpaquePointer, until deadline: ContinuousClock.Instant) throws {
        guard PQstatus(handle) != CONNECTION_BAD else { throw connectionFailure(handle) }
        // As if it had asked to write, says libpq's manual.
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard try wait(for: Int16(events), on: PQsocket(handle), until: deadline) else {
                throw PostgresFailure(.unreachable, "no answer within the time limit")
            }
            state = PQconnectPoll(handle)
            guard state != PGRES_POLLING_FAILED else { throw connectionFailure(handle) }
        }
    }

    private static func connectionFailure(_ handle: OpaquePointer) -> PostgresFailure {
        let message = String(cString: PQerrorMessage(handle)).trimmingCharacters(in: .whitespacesAndNewlines)
        if let state = SQLState(lastIn: message) { return PostgresFailure(.refused(state), message) }
        if PQconnectionNeedsPassword(handle) == 1 { return PostgresFailure(.refused(.invalidPassword), message) }
        return PostgresFailure(.unreachable, message)
    }

    /// - Returns: `false` if the deadline came first.
    static func wait(for events: Int16, on socket: Int32, until deadline: ContinuousClock.Instant) throws -> Bool {
        guard socket >= 0 else { throw PostgresFailure(.lost, "the connection has no socket") }
        while true {
            let left = (deadline - .now).milliseconds
            guard left > 0 else { return false }
            var descriptor = pollfd(fd: socket, events: events, revents: 0)
            let count = poll(&descriptor, 1, Int32(min(left, 60_000)))
            if count > 0 { return true }
            if count < 0, errno != EINTR { throw PostgresFailure(.lost, "poll failed: \(errno)") }
        }
    }

    /// Makes the settings that all statements rely on and learns what the server is, in one round trip.
    ///
    /// The names of our tables come first in the search path, then pgvector's, wherever it was installed.
    func startSession() throws -> PostgresServer {
        let settings = [
            ("statement_timeout", String(configuration.statementTimeLimit.milliseconds)),
            ("lock_timeout", String(min(configuration.statementTimeLimit, .seconds(10)).milliseconds)),
            ("idle_in_transaction_session_timeout", "60000"),
            ("default_transaction_isolation", "read committed"),
            ("client_min_messages", "warning"),
            // Compiling costs more than our statements take.
            ("jit", "off"),
        ]
        let calls = settings.map { "set_config('\($0.0)', '\($0.1)', false)" }.joined(separator: ", ")
        let rows = try query(
            """
            SELECT \(calls),
                set_config('search_path',
                    'semblance, ' || coalesce(quote_ident(extension.schema) || ', ', '') || 'pg_temp', false),
                current_setting('server_version_num')::int8, current_setting('server_encoding'),
                extension.schema::text, extension.version, coalesce(type.oid, 0)::int8, coalesce(type.typarray, 0)::int8
            FROM (SELECT 1) AS one
            LEFT JOIN (
                SELECT oid, extversion AS version, extnamespace AS schema_id,
                    (SELECT nspname FROM pg_namespace WHERE pg_namespace.oid = extnamespace) AS schema
                FROM pg_extension WHERE extname = 'vector'
            ) AS extension ON TRUE
            LEFT JOIN pg_type AS type ON type.typname = 'vector' AND type.typnamespace = extension.schema_id
            """, isPrepared: false)
        guard let row = rows.first else { throw PostgresFailure(.unexpectedValue, "no answer to the first query") }
        let first = settings.count + 1
        return PostgresServer(
            version: try row[first], encoding: try row[first + 1], vectorSchema: try row.optional(first + 2),
            vectorVersion: try row.optional(first + 3), vectorType: UInt32(try row[first + 4] as Int),
            vectorArrayType: UInt32(try row[first + 5] as Int))
    }
}
