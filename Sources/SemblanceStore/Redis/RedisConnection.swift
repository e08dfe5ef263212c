import CHiredis
import Foundation
import SemblanceCore

/// Time limits of connections.
package struct RedisTimeouts: Hashable, Sendable {
    /// Until a connection stands. Default 3 s.
    package var connect: Duration
    /// Until an answer is there; blocking commands may take as much longer as they block. Default 3 s.
    package var command: Duration

    package init(connect: Duration = .seconds(3), command: Duration = .seconds(3)) {
        self.connect = connect
        self.command = command
    }
}

/// A connection that is of no use any more, or never came to be.
package struct RedisConnectionLoss: Error, Sendable {
    package enum Cause: Hashable, Sendable {
        case unreachable, timedOut, closed
    }
    package let cause: Cause
    /// The library's words, for the log.
    package let text: String
}

/// One connection. Every call blocks, none longer than its limit.
///
/// After a connection loss it must not be used again: what was under way may or may not have happened.
///
/// Unchecked: `context` and `receiveLimit` are used by one thread at a time, whose it is since it was taken out of a
/// pool or made.
final class RedisConnection: @unchecked Sendable {
    /// Owned: freed by `deinit`.
    private let context: UnsafeMutablePointer<redisContext>
    private let timeouts: RedisTimeouts
    private var receiveLimit: Duration

    /// Connects, identifies itself and selects the database.
    /// - Throws: `RedisConnectionLoss`, or `RedisFailure` if the server does not want this client.
    init(to url: RedisURL, name: String, timeouts: RedisTimeouts) throws {
        Self.blockBrokenPipe()
        let limit = timeval(timeouts.connect)
        let made =
            switch url.address {
            case .tcp(let host, let port): redisConnectWithTimeout(host, Int32(port), limit)
            case .unix(let path): redisConnectUnixWithTimeout(path, limit)
            }
        guard let made else { throw RedisConnectionLoss(cause: .unreachable, text: "out of memory") }
        context = made
        self.timeouts = timeouts
        receiveLimit = timeouts.command
        // From here on `deinit` frees it, whatever is thrown.
        if made.pointee.err != 0 { throw loss(while: .unreachable) }
        redisSetTimeout(made, timeval(timeouts.command))
        if case .tcp = url.address { redisEnableKeepAlive(made) }
        try identify(url, name: name)
    }

    deinit { redisFree(context) }

    /// For `poll` and `shutdown`.
    var descriptor: Int32 { context.pointee.fd }

    private func identify(_ url: RedisURL, name: String) throws {
        if let password = url.password,
            case .failure(let failure) = try command(["AUTH"] + (url.user.map { [$0] } ?? []) + [password])
        {
            // A server without a password answers with a plain ERR.
            throw RedisFailure(code: "WRONGPASS", text: failure.text)
        }
        // Also finds out whether a password is wanted.
        let reply = try command(url.database != 0 ? ["SELECT", "\(url.database)"] : ["PING"])
        if case .failure(let failure) = reply {
            throw failure.code == "ERR" ? RedisFailure(code: "NODATABASE", text: failure.text) : failure
        }
        // For `CLIENT LIST`; a server that does not let it be set is fine.
        _ = try command(["CLIENT", "SETNAME", name])
    }

    /// Runs a command.
    /// - Parameter blocking: how long the server may wait before it answers.
    /// - Returns: the answer, which may be a `.failure`.
    /// - Throws: `RedisConnectionLoss`.
    func command(_ arguments: [String], blocking: Duration = .zero) throws -> RedisReply {
        Self.blockBrokenPipe()
        setReceiveLimit(timeouts.command + blocking)
        let raw = withArguments(arguments) { redisCommandArgv(context, $0, $1, $2) }
        guard let raw else { throw loss(while: .closed) }
        defer { freeReplyObject(raw) }
        return Self.copy(raw.assumingMemoryBound(to: redisReply.self))
    }

    /// The same; a failure is thrown.
    func call(_ arguments: [String], blocking: Duration = .zero) throws -> RedisReply {
        let reply = try command(arguments, blocking: blocking)
        if case .failure(let failure) = reply { throw failure }
        return reply
    }

    /// Waits for a message of a subscription.
    /// - Returns: `nil` if none has come in time; the connection stays usable.
    func message(within limit: Duration) throws -> RedisReply? {
        if let buffered = try readerReply() { return buffered }
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = max(0, Int32(limit / .milliseconds(1)))
        guard poll(&request, 1, milliseconds) > 0 else { return nil }
        guard redisBufferRead(context) == REDIS_OK else { throw loss(while: .closed) }
        return try readerReply()
    }

    /// Sends a command whose answer comes as a message.
    func send(_ arguments: [String]) throws {
        Self.blockBrokenPipe()
        var isDone: Int32 = 0
        guard withArguments(arguments, { redisAppendCommandArgv(context, $0, $1, $2) }) == REDIS_OK else {
            throw loss(while: .closed)
        }
        while isDone == 0 {
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw loss(while: .closed) }
        }
    }

    private func readerReply() throws -> RedisReply? {
        var raw: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &raw) == REDIS_OK else { throw loss(while: .closed) }
        guard let raw else { return nil }
        defer { freeReplyObject(raw) }
        return Self.copy(raw.assumingMemoryBound(to: redisReply.self))
    }

    private func setReceiveLimit(_ limit: Duration) {
        guard limit != receiveLimit else { return }
        receiveLimit = limit
        redisSetTimeout(context, timeval(limit))
    }

    /// What the library says went wrong. A blocking socket's time-out shows as EAGAIN.
    private func loss(while cause: RedisConnectionLoss.Cause) -> RedisConnectionLoss {
        let number = errno
        let text = withUnsafeBytes(of: context.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let isTimeOut = context.pointee.err == REDIS_ERR_IO && [EAGAIN, EWOULDBLOCK, ETIMEDOUT].contains(number)
        return RedisConnectionLoss(cause: isTimeOut ? .timedOut : cause, text: text)
    }

    private func withArguments<Result>(
        _ arguments: [String],
        _ body: (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafePointer<Int>) -> Result
    ) -> Result {
        let lengths = arguments.map(\.utf8.count)
        // One more byte, so that the buffer has an address even if all are empty.
        var bytes: [CChar] = []
        for argument in arguments { bytes += argument.utf8.lazy.map { CChar(bitPattern: $0) } }
        bytes.append(0)
        return bytes.withUnsafeBufferPointer { buffer in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for length in lengths {
                pointers.append(buffer.baseAddress.map { $0 + offset })
                offset += length
            }
            return pointers.withUnsafeMutableBufferPointer { pointers in
                lengths.withUnsafeBufferPointer { lengths in
                    guard let pointers = pointers.baseAddress, let lengths = lengths.baseAddress else {
                        preconditionFailure("a command has a name")
                    }
                    return body(Int32(arguments.count), pointers, lengths)
                }
            }
        }
    }

    private static func copy(_ reply: UnsafeMutablePointer<redisReply>) -> RedisReply {
        let reply = reply.pointee
        func bytes() -> [UInt8] { Array(UnsafeRawBufferPointer(start: reply.str, count: reply.len)) }
        switch reply.type {
        case REDIS_REPLY_INTEGER: return .integer(reply.integer)
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(), as: UTF8.self))
        case REDIS_REPLY_STRING: return .bytes(bytes())
        case REDIS_REPLY_ERROR: return .failure(RedisFailure(text: String(decoding: bytes(), as: UTF8.self)))
        case REDIS_REPLY_ARRAY:
            return .array((0..<reply.elements).map { reply.element[$0].map(copy) ?? .null })
        default: return .null
        }
    }

    /// The library writes with `write`, so that a server that is gone would end the process by SIGPIPE. The signal goes
    /// to the thread that writes, and this one does not take it.
    private static func blockBrokenPipe() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
