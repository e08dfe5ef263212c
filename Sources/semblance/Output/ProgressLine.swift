import Foundation
import SemblanceCore
import Synchronization

/// One line on the terminal that is drawn over and over: counts, rate and time left.
final class ProgressLine: Sendable {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private let hasDrawn = Mutex(false)

    init(isShown: Bool) {
        self.isShown = isShown && Console.isInteractive
    }

    func draw(_ progress: JobProgress) {
        guard isShown else { return }
        hasDrawn.withLock { $0 = true }
        Console.write("\r\u{1B}[K" + Self.text(for: progress, after: ContinuousClock.now - start), to: STDERR_FILENO)
    }

    func clear() {
        guard hasDrawn.withLock({ $0 }) else { return }
        Console.write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    /// Without a rate where nothing was worked on or `elapsed` is not known, and without the time left of what has ended.
    static func text(for progress: JobProgress, after elapsed: Duration?, hasEnded: Bool = false) -> String {
        let seconds = (elapsed ?? .zero) / .seconds(1)
        let handled = progress.done + progress.failed + progress.skipped
        var parts = ["\(handled) of \(progress.total)"]
        if seconds > 0, progress.done + progress.failed > 0 {
            let rate = Double(progress.done + progress.failed) / seconds
            parts.append("\(rate.text(decimals: 1)) a second")
            if !hasEnded, progress.total > handled {
                parts.append("\(clock(Double(progress.total - handled) / rate)) left")
            }
        }
        if progress.skipped > 0 { parts.append("\(progress.skipped) unchanged") }
        if progress.failed > 0 { parts.append("\(progress.failed) failed") }
        return parts.joined(separator: " · ")
    }

    /// `m:ss`, or `h:mm:ss` from an hour on.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        let tail = String(format: "%02d:%02d", minutes, rest)
        return hours > 0 ? "\(hours):\(tail)" : tail
    }
}
