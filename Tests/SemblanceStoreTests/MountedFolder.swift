import Foundation
import SemblanceTesting
import Testing

/// A small file system of its own, to fill up or to make read-only: root ignores permissions, but not these.
enum MountedFolder {
    /// Mounts need root, and a container may forbid them even then.
    static let isPossible: Bool = {
        (try? withTmpfs(byteCount: 65_536) { _ in }) != nil
    }()

    struct Failure: Error {
        let code: Int32
    }

    /// Runs `body` with a folder that holds `byteCount` bytes.
    static func withTmpfs<Value>(byteCount: Int, _ body: (String) throws -> Value) throws -> Value {
        let folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(byteCount)") == 0 else { throw Failure(code: errno) }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        return try body(folder.path)
    }

    static func withTmpfs<Value>(byteCount: Int, _ body: (String) async throws -> Value) async throws -> Value {
        let folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(byteCount)") == 0 else { throw Failure(code: errno) }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        return try await body(folder.path)
    }

    static func makeReadOnly(_ path: String) throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else {
            throw Failure(code: errno)
        }
    }
}
