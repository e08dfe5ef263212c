import Foundation

/// How much room a file system has.
enum DiskSpace {
    /// Less than this is as good as nothing: a page of a database and its log do not fit.
    private static let negligibleByteCount: UInt64 = 64 << 10

    static func isFull(atPath path: String) -> Bool {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) < negligibleByteCount
    }
}
