import Foundation
import SemblanceCore
import Synchronization

/// Downloads weights over HTTPS: one connection at a time, each going on where the last one ended.
///
/// An attempt follows redirects by hand, so that none leaves HTTPS unseen, and ends with the file whole, with a failure
/// that another attempt may mend (a cut or stalled connection, a busy server), or with one that it will not. Attempts
/// are counted from the last one that brought a byte.
public final class ResumableDownloader: FileDownloader {
    /// What is wrong with the environment is of interest only when something is downloaded.
    private let configuration: Result<DownloadConfiguration, ModelError>
    private let writing = ThreadPool(name: "download-write", threadCount: 1)

    public init(_ configuration: DownloadConfiguration = DownloadConfiguration()) {
        self.configuration = .success(configuration)
    }

    /// Honours the variables that `DownloadConfiguration` names.
    public init(environment: [String: String]) {
        configuration = Result { () throws(ModelError) in try DownloadConfiguration(environment: environment) }
    }

    deinit { writing.shutDown() }

    public func download(
        _ url: String, to path: String, progress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws {
        let configuration = try self.configuration.get()
        let start = try FileURL(Self.mirrored(url, by: configuration.huggingFaceMirror))
        let part = PartialFile(path: path)
        let meter = TransferMeter(progress)
        var failedCount = 0
        while true {
            let attempt = DownloadAttempt(
                configuration: configuration, writing: writing, part: part, meter: meter, start: start)
            do {
                return try await attempt.run()
            } catch let failure as PassingFailure {
                try Task.checkCancellation()
                failedCount = failure.hasReceived ? 1 : failedCount + 1
                guard failedCount < configuration.maximumAttemptCount else { throw failure.error }
                try await Task.sleep(for: failure.pause ?? configuration.pause(after: failedCount))
            } catch {
                try Task.checkCancellation()
                throw error
            }
        }
    }

    public func discard(_ path: String) { PartialFile(path: path).discard() }

    private static func mirrored(_ url: String, by mirror: String?) -> String {
        let publisher = "https://huggingface.co/"
        guard let mirror, url.hasPrefix(publisher) else { return url }
        return mirror + "/" + url.dropFirst(publisher.count)
    }
}

extension DownloadConfiguration {
    fileprivate func pause(after failedCount: Int) -> Duration { retryPause * (1 << min(failedCount - 1, 4)) }
}

/// A failure that another attempt may not have.
struct PassingFailure: Error {
    let error: ModelError
    /// Whether the attempt brought anything.
    let hasReceived: Bool
    /// What the server asks for.
    var pause: Duration?
}

/// Counts bytes and tells about them, four times a second at most.
final class TransferMeter: Sendable {
    private struct State {
        var marks: [(time: ContinuousClock.Instant, byteCount: Int64)] = []
        var lastTold: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let tell: @Sendable (DownloadProgress) -> Void
    private static let interval: Duration = .milliseconds(250)
    /// The rate is that of the last so many reports.
    private static let markCount = 20

    init(_ tell: @escaping @Sendable (DownloadProgress) -> Void) {
        self.tell = tell
    }

    /// A new connection: nothing is known of its rate.
    func begin() {
        state.withLock { $0.marks = [] }
    }

    func report(_ byteCount: Int64, of total: Int64?, isLast: Bool = false) {
        let now = ContinuousClock.now
        let rate: Double? = state.withLock { state in
            if !isLast, let last = state.lastTold, now - last < Self.interval { return nil }
            state.lastTold = now
            state.marks.append((now, byteCount))
            if state.marks.count > Self.markCount { state.marks.removeFirst() }
            let first = state.marks[0]
            let seconds = (now - first.time) / .seconds(1)
            return seconds > 0 ? Double(byteCount - first.byteCount) / seconds : 0
        }
        if let rate { tell(DownloadProgress(byteCount: byteCount, totalByteCount: total, rate: rate)) }
    }
}
