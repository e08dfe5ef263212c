import SemblanceCore
import Synchronization

/// Whether `/readyz` says yes: set once the model is warm, and as long as database and queue answer.
public final class Readiness: Sendable {
    private struct State {
        var isWarm = false
        /// What does not answer, by name.
        var problems: [String: String] = [:]
        var isStopping = false
    }

    private let state = Mutex(State())

    public init() {}

    public var isReady: Bool { reasonAgainst == nil }

    /// A sentence that says why it is not ready.
    var reasonAgainst: String? {
        state.withLock { state in
            if state.isStopping { return "The server is stopping." }
            if let problem = state.problems.min(by: { $0.key < $1.key }) { return problem.value }
            return state.isWarm ? nil : "The model is being loaded."
        }
    }

    public func markReady() { state.withLock { $0.isWarm = true } }

    /// The server is stopping: load balancers should look elsewhere.
    public func markStopping() { state.withLock { $0.isStopping = true } }

    /// Looks at what the server depends on every two seconds, until the task is cancelled. Somebody who asks gets the
    /// last result: a server that hangs makes nobody wait.
    public func watch(_ checks: [BackendCheck]) async {
        await withTaskGroup(of: Void.self) { group in
            for check in checks { group.addTask { await self.watch(check) } }
        }
    }

    private static let interval: Duration = .seconds(2)
    /// Without an answer for this long, a dependency counts as away.
    private static let patience: Duration = .seconds(5)

    private func watch(_ check: BackendCheck) async {
        while !Task.isCancelled {
            let alarm = Task {
                try await Task.sleep(for: Self.patience)
                self.note("\(check.name) does not answer.", about: check)
            }
            do {
                try await check.run()
                alarm.cancel()
                note(nil, about: check)
            } catch {
                alarm.cancel()
                let message = (error as? any PublicError)?.message ?? "the log has more"
                if !Task.isCancelled { note("\(check.name) cannot be used: \(message)", about: check) }
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func note(_ problem: String?, about check: BackendCheck) {
        state.withLock { $0.problems[check.name] = problem }
    }
}

/// Something that a server needs and that may be away.
public struct BackendCheck: Sendable {
    /// As the subject of a sentence: "The database".
    public let name: String
    let run: @Sendable () async throws -> Void

    public init(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.run = run
    }
}
