import SemblanceCore
import Synchronization

/// A bounded number of things that may go on at a time, a quarter of them for any one client.
package final class Slots: Sendable {
    private struct Taken {
        var count = 0
        var byClient: [ClientIdentity: Int] = [:]
    }

    private let taken = Mutex(Taken())
    private let count: Int
    private let share: Int
    private let what: String

    package init(_ count: Int, of what: String) {
        self.count = count
        self.share = max(1, count / 4)
        self.what = what
    }

    /// Runs `body` in a slot.
    /// - Parameter client: `nil` for one that may have them all.
    /// - Throws: `RequestError` with `overloaded` if none is free; `ServerError` with `rate-limited` if the client has
    ///   its share.
    package func hold<Value>(for client: ClientIdentity?, _ body: () async throws -> Value) async throws -> Value {
        try take(for: client)
        defer { release(for: client) }
        return try await body()
    }

    /// - Throws: as `hold`.
    func take(for client: ClientIdentity?) throws {
        try taken.withLock { taken in
            guard taken.count < count else {
                throw RequestError(.overloaded, "There are \(count) \(what) in work already; try again in a moment.")
            }
            if let client {
                let own = taken.byClient[client, default: 0]
                guard own < share else {
                    throw ServerError(
                        .rateLimited,
                        "This client has its share of \(what), \(share) at a time; try again when one has ended.")
                }
                taken.byClient[client] = own + 1
            }
            taken.count += 1
        }
    }

    func release(for client: ClientIdentity?) {
        taken.withLock { taken in
            taken.count -= 1
            guard let client, let own = taken.byClient[client] else { return }
            taken.byClient[client] = own > 1 ? own - 1 : nil
        }
    }
}
