import SemblanceCore

extension StoreError {
    /// Says what went wrong in PostgreSQL by its code; errors of other areas, and cancellation, stay what they are.
    /// - Parameter url: of a database that is being opened: its host and name are told to whoever opens it. Users of
    ///   the API are not told.
    static func mapping(_ error: any Error, opening url: PostgresURL?) -> any Error {
        guard let failure = error as? PostgresFailure else {
            if error is any PublicError || error is CancellationError { return error }
            return StoreError(.failed, "The database could not do what was asked; the log has more.", underlying: error)
        }
        switch failure.kind {
        case .unreachable, .lost: return unreachable(url, failure)
        case .refused(let state): return refused(state, url, failure)
        case .timedOut: return slow(failure)
        case .statement(let state): return statement(state, url, failure)
        case .unexpectedValue:
            return StoreError(
                .damaged, "The database holds values that Semblance never writes. Restore a backup.",
                underlying: failure)
        }
    }

    private static func unreachable(_ url: PostgresURL?, _ failure: PostgresFailure) -> StoreError {
        let message =
            if let url {
                "The database at \(url.place) cannot be reached. Check that PostgreSQL runs there and that host and port "
                    + "of the URL are right."
            } else { "The database cannot be reached at the moment; try again soon." }
        return StoreError(.unavailable, message, underlying: failure)
    }

    /// A server that answered, but opened no connection.
    private static func refused(_ state: SQLState, _ url: PostgresURL?, _ failure: PostgresFailure) -> StoreError {
        let place = url.map { " at \($0.place)" } ?? ""
        switch state {
        case .databaseUnknown:
            let name = url.map { " '\($0.databaseName)'" } ?? ""
            return StoreError(
                .databaseUnknown,
                "The PostgreSQL server\(place) has no database\(name). Create it with 'createdb', then try again.",
                underlying: failure)
        case .notPermitted:
            return StoreError(
                .databaseDenied, "The database\(place) does not let this user connect.", underlying: failure)
        case .tooManyConnections: return tooManyConnections(failure)
        case _ where state.group == "28":
            return StoreError(
                .databaseDenied,
                "The database\(place) refused the user or the password of its URL, or connections from this machine.",
                underlying: failure)
        default: return unreachable(url, failure)
        }
    }

    private static func statement(_ state: SQLState, _ url: PostgresURL?, _ failure: PostgresFailure) -> StoreError {
        switch state {
        case .diskFull:
            return StoreError(
                .diskFull, "The disk that holds the database is full. Free some space, then try again.",
                underlying: failure)
        case .queryCancelled: return slow(failure)
        case .undefinedTable:
            return StoreError(
                .damaged, "Tables of the database are missing. Restore a backup, or use another database.",
                underlying: failure)
        case .tooManyConnections: return tooManyConnections(failure)
        case .notPermitted:
            return StoreError(
                .databaseDenied,
                "The database's user may not do this. Semblance needs CREATE on its database and owns its tables.",
                underlying: failure)
        case .readOnlyTransaction:
            return StoreError(
                .unavailable, "The database only answers questions at the moment: a standby, or maintenance.",
                underlying: failure)
        case _ where state.isConflict || state.group == "53" || state == .lockNotAvailable:
            return StoreError(
                .busy, "The database was kept busy by others; try again in a moment.", underlying: failure)
        case _ where state.isConnectionEnd: return unreachable(url, failure)
        case _ where state.group == "XX":
            return StoreError(
                .damaged, "The database is damaged, says PostgreSQL. Its log has more; restore a backup.",
                underlying: failure)
        default:
            return StoreError(
                .failed, "The database could not do what was asked; the log has more.", underlying: failure)
        }
    }

    private static func slow(_ failure: PostgresFailure) -> StoreError {
        StoreError(
            .databaseSlow, "The database did not answer in time; try again in a moment.", underlying: failure)
    }

    private static func tooManyConnections(_ failure: PostgresFailure) -> StoreError {
        StoreError(
            .busy,
            "The database has no connection left. Raise max_connections, or use fewer processes or connections.",
            underlying: failure)
    }
}
