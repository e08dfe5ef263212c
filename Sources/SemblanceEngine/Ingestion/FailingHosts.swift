import Foundation
import SemblanceCore
import Synchronization

/// Hosts that keep a job waiting and send nothing. Ten thousand URLs of one that is down would take hours, in which
/// other ingestions wait.
final class FailingHosts: Sendable {
    /// From the start of the first of the slow failures in a row to the end of the last. That nobody asked is no failure.
    private let failing = Mutex<[String: Range<ContinuousClock.Instant>]>([:])

    /// Fetches by `body`, unless the URL's host has had its time.
    /// - Parameter patience: how long a host may go on failing slowly, without an image in between.
    /// - Throws: `ImageError` with `image-fetch-failed` then; what `body` throws.
    func fetch<Value>(
        _ url: String, patience: Duration, _ body: () async throws -> Value
    ) async throws -> Value {
        let host = URLComponents(string: url)?.host?.lowercased() ?? ""
        let start = ContinuousClock.now
        if let time = failing.withLock({ $0[host] }), time.upperBound - time.lowerBound >= patience {
            throw ImageError(
                .fetchFailed,
                "The host '\(host)' sent nothing for \(patience.components.seconds) s of this job and is not asked any "
                    + "more; send this URL again when it is there.")
        }
        do {
            let value = try await body()
            failing.withLock { $0[host] = nil }
            return value
        } catch let error as ImageError where error.code == .fetchFailed {
            // What fails sooner, as an image that is not there does, costs nothing.
            let end = ContinuousClock.now
            if end - start >= patience / 24 {
                failing.withLock { $0[host] = min($0[host]?.lowerBound ?? start, start)..<end }
            }
            throw error
        }
    }
}
