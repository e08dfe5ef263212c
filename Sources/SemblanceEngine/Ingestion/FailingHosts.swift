import Foundation
import SemblanceCore
import Synchronization

/// Hosts that keep a job waiting and send nothing. Ten thousand URLs of one that is down would take hours, in which
/// other ingestions wait.
final class FailingHosts: Sendable {
    /// How long a host may go on failing slowly, without an image in between.
    private let patience: Duration
    /// What fails sooner, as an image that is not there does, costs nothing.
    private var slowness: Duration { patience / 24 }
    /// When the first of the slow failures in a row began.
    private let failingSince = Mutex<[String: ContinuousClock.Instant]>([:])

    init(patience: Duration) {
        self.patience = patience
    }

    /// Fetches by `body`, unless the URL's host has had its time.
    /// - Throws: `ImageError` with `image-fetch-failed` then; what `body` throws.
    func fetch<Value>(_ url: String, _ body: () async throws -> Value) async throws -> Value {
        let host = URLComponents(string: url)?.host?.lowercased() ?? ""
        let start = ContinuousClock.now
        if let since = failingSince.withLock({ $0[host] }), start - since >= patience {
            throw ImageError(
                .fetchFailed,
                "The host '\(host)' sent nothing for \(patience.components.seconds) s of this job and is not asked any "
                    + "more; send this URL again when it is there.")
        }
        do {
            let value = try await body()
            failingSince.withLock { $0[host] = nil }
            return value
        } catch let error as ImageError where error.code == .fetchFailed {
            if ContinuousClock.now - start >= slowness {
                failingSince.withLock { $0[host] = min($0[host] ?? start, start) }
            }
            throw error
        }
    }
}
