import Foundation
import SemblanceCore
import SemblanceVision
import Synchronization

/// What a pull is doing: a line for each step, and on a terminal one that is drawn over and over while bytes arrive.
final class TransferLine: Sendable {
    private let name: String
    private let isShown: Bool
    private let hasDrawn = Mutex(false)

    init(name: String, isShown: Bool) {
        self.name = name
        self.isShown = isShown
    }

    func show(_ step: PullStep) {
        guard isShown else { return }
        guard case .received(let progress) = step else {
            clear()
            return Console.note("\(name): \(step)")
        }
        guard Console.isInteractive else { return }
        hasDrawn.withLock { $0 = true }
        Console.write("\r\u{1B}[K\(name): \(Self.text(for: progress))", to: STDERR_FILENO)
    }

    func clear() {
        let mustClear = hasDrawn.withLock { hasDrawn in
            defer { hasDrawn = false }
            return hasDrawn
        }
        if mustClear { Console.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    static func text(for progress: DownloadProgress) -> String {
        var parts = ["\(progress.byteCount.bytesText) of \(progress.totalByteCount?.bytesText ?? "?")"]
        if progress.rate > 0 { parts.append("\(Int64(progress.rate).bytesText)/s") }
        if let left = progress.timeLeft { parts.append("\(ProgressLine.clock(left / .seconds(1))) left") }
        return parts.joined(separator: " · ")
    }
}
