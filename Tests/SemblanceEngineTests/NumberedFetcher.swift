import Foundation
import SemblanceCore
import SemblanceTesting
import Synchronization

/// Answers a URL that ends in a number with that picture; the host `down.example` lets everybody wait for nothing.
final class NumberedFetcher: ImageFetcher {
    private let delay: Duration
    private let waits = Mutex(0)

    /// - Parameter delay: of the host that is down.
    init(delay: Duration = .zero) {
        self.delay = delay
    }

    /// How often the host that is down was asked.
    var waitCount: Int { waits.withLock { $0 } }

    func fetch(_ url: String, to path: String, maximumByteCount: Int) async throws -> String {
        let name = String(url.split(separator: "/").last ?? "")
        if url.contains("//down.example/") {
            waits.withLock { $0 += 1 }
            try await Task.sleep(for: delay)
            throw ImageError(.fetchFailed, "The host did not answer.")
        }
        try Data(SmallImage.numbered(Int(name) ?? 0)).write(to: URL(fileURLWithPath: path))
        return name
    }
}
