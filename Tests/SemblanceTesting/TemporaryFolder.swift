import Foundation

/// A private folder that goes when its owner goes.
public final class TemporaryFolder: Sendable {
    /// Absolute and without symbolic links.
    public let path: String

    public init() throws {
        var template = Array((NSTemporaryDirectory() + "/semblance-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        let made = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        guard let resolved = realpath(made, nil) else { throw POSIXError(.ENOENT) }
        defer { free(resolved) }
        path = String(cString: resolved)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of an entry; nothing is made.
    public func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file and returns its path; folders on the way are made.
    @discardableResult
    public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let url = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return path(name)
    }
}
