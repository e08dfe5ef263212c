import Foundation
import SemblanceCore
import Synchronization

/// Asks the system for a host's addresses, on threads of its own: `getaddrinfo` blocks for as long as a name server
/// keeps it waiting.
package final class HostResolver: Sendable {
    private let pool = ThreadPool(name: "resolve", threadCount: 4, maximumWaitingCount: 256)

    package init() {}

    deinit { pool.shutDown() }

    /// The addresses in the order in which they should be tried, each once. Forms of IPv4 addresses that only C
    /// libraries know (`2130706433`, `0177.1`) come out as the address that they mean.
    /// - Throws: `ImageError` with `image-fetch-failed` if there are none; `CancellationError` at once when the task
    ///   is cancelled, even while the system is still looking.
    package func addresses(of host: String) async throws -> [IPAddress] {
        let waiter = Waiter()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiter.wait(with: continuation)
                Task {
                    do {
                        waiter.resume(.success(try await pool.run { try Self.lookUp(host) }))
                    } catch {
                        waiter.resume(.failure(error))
                    }
                }
            }
        } onCancel: {
            waiter.resume(.failure(CancellationError()))
        }
    }

    private static func lookUp(_ host: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0 else {
            throw ImageError(.fetchFailed, "The host '\(host)' could not be found; check the URL.")
        }
        var addresses: [IPAddress] = []
        for entry in sequence(first: list, next: { $0?.pointee.ai_next }).compactMap({ $0 }) {
            guard let address = address(of: entry.pointee), !addresses.contains(address) else { continue }
            addresses.append(address)
        }
        return addresses
    }

    private static func address(of entry: addrinfo) -> IPAddress? {
        guard let generic = entry.ai_addr else { return nil }
        let raw = UnsafeRawPointer(generic)
        switch entry.ai_family {
        case AF_INET:
            let address = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            return IPAddress(bytes: withUnsafeBytes(of: address) { Array($0) })
        case AF_INET6:
            let address = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return IPAddress(bytes: withUnsafeBytes(of: address) { Array($0) })
        default: return nil
        }
    }
}

/// Resumes a continuation once, whoever comes first.
private final class Waiter: Sendable {
    private typealias Continuation = CheckedContinuation<[IPAddress], any Error>

    private struct State {
        var continuation: Continuation?
        var outcome: Result<[IPAddress], any Error>?
    }

    private let state = Mutex(State())

    func wait(with continuation: CheckedContinuation<[IPAddress], any Error>) {
        let outcome = state.withLock { state in
            if state.outcome == nil { state.continuation = continuation }
            return state.outcome
        }
        if let outcome { continuation.resume(with: outcome) }
    }

    func resume(_ outcome: Result<[IPAddress], any Error>) {
        let continuation = state.withLock { state -> Continuation? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: outcome)
    }
}
