import CPostgres

extension PostgresConnection {
    /// Sends many rows at once: `COPY table (…) FROM STDIN (FORMAT binary)`.
    ///
    /// All rows arrive or none. The server's time limit for a statement holds for the whole.
    /// - Parameter body: writes the rows.
    /// - Returns: how many rows there were.
    @discardableResult
    package func copy(_ sql: String, _ body: (PostgresCopy) throws -> Void) throws -> Int {
        let started = try finish(PQsendQuery(handle, sql), until: .now + timeLimit)
        precondition(PQresultStatus(started.handle) == PGRES_COPY_IN, "expected COPY … FROM STDIN")
        let copy = PostgresCopy(self)
        do {
            try body(copy)
            try copy.end()
        } catch {
            if !isBroken { _ = try? endCopy(reason: "the sender gave up") }
            throw error
        }
        return try endCopy(reason: nil).affectedCount
    }

    /// Gives libpq bytes to send and waits until most of them are on their way.
    func send(_ bytes: UnsafeRawBufferPointer) throws {
        let deadline = ContinuousClock.now + timeLimit
        guard PQputCopyData(handle, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count)) == 1 else {
            throw lost()
        }
        try flush(until: deadline)
    }

    @discardableResult
    private func endCopy(reason: String?) throws -> PostgresResult {
        let deadline = ContinuousClock.now + timeLimit
        guard PQputCopyEnd(handle, reason) == 1 else { throw lost() }
        try flush(until: deadline)
        return try result(until: deadline)
    }
}

/// Writes rows in PostgreSQL's binary COPY format: each row is `begin` and then its columns in order.
package final class PostgresCopy {
    private let connection: PostgresConnection
    private var buffer = PostgresBuffer()

    /// Large enough for few calls, small enough to be in the processor's cache.
    private static let pieceSize = 1 << 18

    fileprivate init(_ connection: PostgresConnection) {
        self.connection = connection
        buffer.reserve(Self.pieceSize + 1 << 16)
        // Signature, flags, length of what else the header might hold.
        buffer.append(Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00])
        buffer.append(Int32(0))
        buffer.append(Int32(0))
    }

    /// Begins a row.
    package func begin(columnCount: Int) throws {
        if buffer.count >= Self.pieceSize { try flush() }
        buffer.append(Int16(columnCount))
    }

    package func write(_ value: Int64) {
        buffer.append(Int32(8))
        buffer.append(value)
    }

    package func write(_ bytes: [UInt8]) {
        buffer.append(Int32(bytes.count))
        buffer.append(bytes)
    }

    /// Text, or JSON as text.
    package func write(_ text: String) { write(Array(text.utf8)) }

    /// pgvector's `vector`.
    package func write(_ vector: [Float]) { buffer.append(sized: vector) }

    package func writeNull() { buffer.append(Int32(-1)) }

    fileprivate func end() throws {
        buffer.append(Int16(-1))
        try flush()
    }

    private func flush() throws {
        try buffer.withBytes { try connection.send($0) }
        buffer.removeAll()
    }
}
