/// Downloads large files, going on where an earlier attempt ended.
public protocol FileDownloader: Sendable {
    /// Downloads a file into `path`, or what is missing of it: bytes that are there from an earlier attempt, of this
    /// process or of one that was killed, are kept if the server says that they are still the same file's.
    ///
    /// When it throws, what has arrived stays for the next attempt.
    /// - Parameters:
    ///   - url: `https://…`.
    ///   - path: an absolute path; a file beside it remembers which version of the file it is a part of.
    ///   - progress: called a few times a second, on any thread.
    /// - Throws: `ModelError` with `model-download-failed`, saying why; `StoreError` with `disk-full` or
    ///   `data-folder-not-writable`; `CancellationError`.
    func download(
        _ url: String, to path: String, progress: @escaping @Sendable (DownloadProgress) -> Void
    ) async throws

    /// Deletes what an attempt has left at `path`.
    func discard(_ path: String)
}

/// How far a download is.
public struct DownloadProgress: Hashable, Sendable {
    /// Bytes that are on the disk.
    public let byteCount: Int64
    /// Bytes of the whole file; `nil` if the server does not say.
    public let totalByteCount: Int64?
    /// Bytes a second over the last seconds; 0 at the start.
    public let rate: Double

    public init(byteCount: Int64, totalByteCount: Int64?, rate: Double) {
        self.byteCount = byteCount
        self.totalByteCount = totalByteCount
        self.rate = rate
    }

    /// Time left at the present rate; `nil` while nothing can be said.
    public var timeLeft: Duration? {
        guard let totalByteCount, rate > 0 else { return nil }
        return .seconds(Double(totalByteCount - byteCount) / rate)
    }
}
