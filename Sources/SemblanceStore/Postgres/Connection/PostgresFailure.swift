import CPostgres

/// What went wrong in PostgreSQL or on the way to it, before it becomes a `StoreError`.
package struct PostgresFailure: Error, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// No connection: nobody answers, or who answers is not ready.
        case unreachable
        /// The server answered and refused to open a connection.
        case refused(SQLState)
        /// A connection broke while it was used.
        case lost
        /// The server did not answer within the time limit; the connection is given up.
        case timedOut
        /// A statement failed.
        case statement(SQLState)
        /// A value in a row is not what was written there.
        case unexpectedValue
    }

    package let kind: Kind
    /// For the log only.
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// The same work may succeed when it is done again: nothing of it happened.
    var isTransient: Bool {
        switch kind {
        case .unreachable, .lost: true
        case .refused(let state): state == .cannotConnectNow || state == .tooManyConnections || state.isConnectionEnd
        case .statement(let state): state.isConflict || state.isConnectionEnd
        case .timedOut, .unexpectedValue: false
        }
    }

    /// Two transactions were in each other's way, rather than the server away.
    var isConflict: Bool {
        if case .statement(let state) = kind { state.isConflict } else { false }
    }

    /// The connection is of no use any more.
    var endsConnection: Bool {
        switch kind {
        case .unreachable, .refused, .lost, .timedOut: true
        case .statement(let state): state.isConnectionEnd || state == .staleStatement
        case .unexpectedValue: false
        }
    }
}

/// Five characters by which PostgreSQL names what went wrong (its manual, appendix A).
package struct SQLState: Hashable, Sendable, RawRepresentable {
    package let rawValue: String

    package static let invalidParameter = SQLState(rawValue: "22023")
    package static let uniqueViolation = SQLState(rawValue: "23505")
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    package static let readOnlyTransaction = SQLState(rawValue: "25006")
    package static let invalidPassword = SQLState(rawValue: "28P01")
    package static let databaseUnknown = SQLState(rawValue: "3D000")
    package static let serialisationFailure = SQLState(rawValue: "40001")
    package static let deadlock = SQLState(rawValue: "40P01")
    package static let notPermitted = SQLState(rawValue: "42501")
    package static let duplicateTable = SQLState(rawValue: "42P07")
    package static let undefinedTable = SQLState(rawValue: "42P01")
    package static let diskFull = SQLState(rawValue: "53100")
    package static let tooManyConnections = SQLState(rawValue: "53300")
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    package static let queryCancelled = SQLState(rawValue: "57014")
    package static let cannotConnectNow = SQLState(rawValue: "57P03")
    /// A prepared statement whose result has another type since the schema changed.
    package static let staleStatement = SQLState(rawValue: "0A000")

    /// The first two characters.
    var group: Substring { rawValue.prefix(2) }

    /// A table of embeddings may go between looking for it and asking it; then it is not found the next time.
    var isConflict: Bool { self == .serialisationFailure || self == .deadlock || self == .undefinedTable }

    /// Shut down, crashed, ended by an administrator, or idle for too long.
    var isConnectionEnd: Bool {
        group == "08" || rawValue.hasPrefix("57P") || rawValue == "25P03" || rawValue == "25P04"
    }

    /// The code in a connection's error message of verbosity `PQERRORS_SQLSTATE`: the last word of a line such as
    /// `… failed: FATAL:  28P01`. libpq 15 gives it in no other way while a connection is made.
    package init?(lastIn message: String) {
        let words = message.split(whereSeparator: \.isWhitespace)
        let isCode = { (word: Substring) in
            word.utf8.count == 5 && word.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
        }
        guard let word = words.last, isCode(word), words.count > 1, words[words.count - 2].hasSuffix(":") else {
            return nil
        }
        rawValue = String(word)
    }

    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}
