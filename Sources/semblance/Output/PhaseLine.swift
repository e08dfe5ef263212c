import Foundation
import SemblanceEngine
import Synchronization

/// One line on the terminal for work of several kinds, such as a backup or a benchmark: what is done now, and how far.
final class PhaseLine: Sendable {
    private let isShown: Bool
    private let lastDrawn = Mutex<ContinuousClock.Instant?>(nil)

    init(isShown: Bool) {
        self.isShown = isShown && Console.isInteractive
    }

    func draw(_ progress: TransferProgress) {
        draw("\(progress.phase.rawValue): \(progress.done) of \(progress.total)")
    }

    /// Draws at most ten times a second.
    func draw(_ text: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = lastDrawn.withLock { last in
            if let time = last, now - time < .milliseconds(100) { return false }
            last = now
            return true
        }
        if isDue { Console.write("\r\u{1B}[K" + text, to: STDERR_FILENO) }
    }

    func clear() {
        guard lastDrawn.withLock({ $0 }) != nil else { return }
        Console.write("\r\u{1B}[K", to: STDERR_FILENO)
    }
}
