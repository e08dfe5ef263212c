import CPostgres
import Foundation

/// A statement that the server has parsed: the same text with other types of parameters is another one.
struct PreparedStatement: Hashable {
    let sql: String
    let types: [Oid]
}

extension PostgresConnection {
    /// Prepared statements that are kept on the server. When there are more, all are forgotten: texts that are made
    /// anew each time are not to be prepared.
    private static let maximumStatementCount = 256

    /// Runs one statement. Parameters and results travel in binary.
    /// - Parameters:
    ///   - sql: with `$1`, `$2`… for the parameters. Never built out of values.
    ///   - isPrepared: whether the same text comes again, so that the server should keep it parsed.
    /// - Throws: `PostgresFailure`.
    @discardableResult
    package func query(_ sql: String, _ parameters: [PostgresValue] = [], isPrepared: Bool = true) throws
        -> PostgresRows
    {
        let encoded = EncodedParameters(parameters, server)
        let name = isPrepared ? try prepare(sql, encoded.types) : nil
        let deadline = ContinuousClock.now + timeLimit
        let result = try encoded.withPointers { values, lengths, formats in
            let count = Int32(encoded.types.count)
            let isSent =
                if let name {
                    PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1)
                } else {
                    PQsendQueryParams(handle, sql, count, encoded.types, values, lengths, formats, 1)
                }
            return try finish(isSent, until: deadline)
        }
        return PostgresRows(result)
    }

    /// Runs one statement and tells how many rows it changed.
    @discardableResult
    package func execute(_ sql: String, _ parameters: [PostgresValue] = [], isPrepared: Bool = true) throws -> Int {
        try query(sql, parameters, isPrepared: isPrepared).affectedCount
    }

    /// Runs statements without parameters, one after the other, in one transaction unless they say otherwise.
    package func script(_ sql: String) throws {
        _ = try finish(PQsendQuery(handle, sql), until: .now + timeLimit)
    }

    private func prepare(_ sql: String, _ types: [Oid]) throws -> String {
        let statement = PreparedStatement(sql: sql, types: types)
        if let name = statements[statement] { return name }
        if statements.count >= Self.maximumStatementCount {
            try script("DEALLOCATE ALL")
            statements = [:]
        }
        let name = "s\(statements.count)"
        let isSent = PQsendPrepare(handle, name, sql, Int32(types.count), types)
        _ = try finish(isSent, until: .now + timeLimit)
        statements[statement] = name
        return name
    }

    /// Waits for what was sent to be done.
    /// - Returns: the last result.
    func finish(_ isSent: Int32, until deadline: ContinuousClock.Instant) throws -> PostgresResult {
        guard isSent == 1 else { throw lost() }
        try flush(until: deadline)
        return try result(until: deadline)
    }

    /// Sends what libpq holds back.
    func flush(until deadline: ContinuousClock.Instant) throws {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                // The server may have to get rid of an answer before it reads on.
                try waitFor(POLLIN | POLLOUT, until: deadline)
                guard PQconsumeInput(handle) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    /// Reads results until there are no more, or until the server waits for the rows of a COPY.
    func result(until deadline: ContinuousClock.Instant) throws -> PostgresResult {
        var last: PostgresResult?
        var failure: PostgresFailure?
        while true {
            while PQisBusy(handle) == 1 {
                try waitFor(POLLIN, until: deadline)
                guard PQconsumeInput(handle) == 1 else { throw lost() }
            }
            guard let handle = PQgetResult(handle) else { break }
            let result = PostgresResult(handle)
            if let error = result.failure { failure = failure ?? error }
            last = result
            if PQresultStatus(result.handle) == PGRES_COPY_IN { break }
        }
        if let failure {
            if failure.endsConnection || PQstatus(handle) == CONNECTION_BAD { isBroken = true }
            throw failure
        }
        guard let last else { throw lost() }
        return last
    }

    private func waitFor(_ events: Int32, until deadline: ContinuousClock.Instant) throws {
        guard try Self.wait(for: Int16(events), on: PQsocket(handle), until: deadline) else {
            isBroken = true
            throw PostgresFailure(.timedOut, "no answer within the time limit")
        }
    }

    func lost() -> PostgresFailure {
        isBroken = true
        return PostgresFailure(.lost, String(cString: PQerrorMessage(handle)))
    }
}
