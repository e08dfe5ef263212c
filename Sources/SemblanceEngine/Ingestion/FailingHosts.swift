import Foundation
import SemblanceCore
import Synchronization

/// Hosts that keep a job waiting and send nothing. Ten thousand URLs of one that is down would take hours, in which
/// other ingestions wait.
final class FailingHosts: Sendable {
    /// Slow failures in a row, of all workers together, may take so long.
    private let patience: Duration
    /// What fails sooner, as an image that is not there does, costs nothing.
    private var slowness: Duration { patience / 24 }
    /// How long they took.
    private let waited = Mutex<[String: Duration]>([:])

    init(patience: Duration) {
        self.patience = patience
    }

    /// Fetches by `body`, unless the URL's host has had its time.
    /// - Throws: `ImageError` with `image-fetch-failed` then; what `body` throws.
    func fetch<Value>(_ url: String, _ body: () async throws -> Value) async throws -> Value {
        let host = URLComponents(string: url)?.host?.lowercased() ?? ""
        if waited.withLock({ $0[host, default: .zero] }) >= patience {
            throw ImageError(
                .fetchFailed,
                "The host '\(host)' sent nothing for \(patience.components.seconds) s of this job and is not asked any "
                    + "more; send this URL again when it is there.")
        }
        let start = ContinuousClock.now
        do {
            let value = try await body()
            waited.withLock { $0[host] = nil }
            return value
        } catch {
            let took = ContinuousClock.now - start
            if took >= slowness { waited.withLock { $0[host, default: .zero] += took } }
            throw error
        }
    }
}
