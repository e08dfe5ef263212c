import Foundation
import SemblanceCore
import SemblanceTesting
import Synchronization

/// Answers a URL that ends in a number with that picture; the host `down.example` lets callers wait for nothing.
final class NumberedFetcher: ImageFetcher {
    private let delay: Duration
    private let failureCount: Int
    private let waits = Mutex(0)

    /// - Parameters:
    ///   - delay: of the host that is down.
    ///   - failureCount: fetches until it is there.
    init(delay: Duration = .zero, failureCount: Int = .max) {
        self.delay = delay
        self.failureCount = failureCount
    }

    /// How often the host that is down was asked.
    var waitCount: Int { waits.withLock { $0 } }

    func fetch(_ url: String, to path: String, maximumByteCount: Int) async throws -> String {
        let name = String(url.split(separator: "/").last ?? "")
        if url.contains("//down.example/") {
            let number = waits.withLock { waits in
                waits += 1
                return waits
            }
            if number <= failureCount {
                try await Task.sleep(for: delay)
                throw ImageError(.fetchFailed, "The host did not answer.")
            }
        }
        try Data(SmallImage.numbered(Int(name) ?? 0)).write(to: URL(fileURLWithPath: path))
        return name
    }
}
