import CPostgres

/// How a transaction ended.
package enum PostgresOutcome<Value: Sendable>: Sendable {
    case committed(Value)
    /// The connection was lost while the server committed: it may have happened or not. The server knows, by the
    /// transaction's number.
    case uncertain(Value, transaction: String, PostgresFailure)
}

extension PostgresConnection {
    package enum Isolation: String {
        /// Each statement sees what was committed when it began; changes follow one another by row locks.
        case readCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED"
        /// All statements see one moment; nothing is written.
        case snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        /// As if transactions ran one after the other; one that cannot be fails and is done again.
        case serialisable = "BEGIN ISOLATION LEVEL SERIALIZABLE"
    }

    /// Runs statements that all happen or none.
    package func transaction<Value: Sendable>(
        _ isolation: Isolation = .readCommitted, _ body: (PostgresConnection) throws -> Value
    ) throws -> PostgresOutcome<Value> {
        try script(isolation.rawValue)
        let value: Value
        let number: String?
        do {
            value = try body(self)
            // Only a transaction that wrote something has a number.
            number =
                isolation == .snapshot
                ? nil : try query("SELECT pg_current_xact_id_if_assigned()::text").first?.optional(0)
        } catch {
            rollBack()
            throw error
        }
        do {
            try script("COMMIT")
        } catch let failure as PostgresFailure where failure.endsConnection && number != nil {
            return .uncertain(value, transaction: number ?? "", failure)
        } catch {
            rollBack()
            throw error
        }
        return .committed(value)
    }

    private func rollBack() {
        guard !isBroken, PQtransactionStatus(handle) != PQTRANS_IDLE else { return }
        do { try script("ROLLBACK") } catch { isBroken = true }
    }
}
