import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct DataFolderTests {
    @Test func theDefaultIsWhereXDGSays() {
        #expect(DataFolder.defaultPath(["HOME": "/home/a"]) == "/home/a/.local/share/semblance")
        #expect(DataFolder.defaultPath(["HOME": "/home/a", "XDG_DATA_HOME": "/x"]) == "/x/semblance")
        // The specification ignores a path that is not absolute.
        #expect(DataFolder.defaultPath(["HOME": "/home/a", "XDG_DATA_HOME": "x"]) == "/home/a/.local/share/semblance")
        #expect(DataFolder.defaultPath(["HOME": "/home/a", "SEMBLANCE_DATA": "/d"]) == "/d")
    }

    @Test func makesTheFoldersAboveToo() throws {
        let folder = try TemporaryFolder()
        let data = try DataFolder(path: folder.path("a/b/c"))
        #expect(data.path == folder.path("a/b/c"))
        for path in [data.filesPath, data.thumbnailsPath, data.spoolPath, data.indexesPath] {
            #expect(FileManager.default.fileExists(atPath: path))
        }
        #expect(try DataFolder(path: folder.path("a/b/c")) == data)
    }

    @Test func refusesAFileInItsPlace() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([1], to: "file")
        for path in [path, path + "/below"] {
            #expect(throws: StoreError.self) { try DataFolder(path: path) }
        }
    }

    @Test func oneProcessLocksIt() throws {
        let folder = try TemporaryFolder()
        let data = try DataFolder(path: folder.path)
        let lock = try data.lock()
        #expect { try data.lock() } throws: { error in
            guard let error = error as? StoreError else { return false }
            return error.code == .dataFolderInUse && error.message.contains("process \(getpid())")
                && error.message.contains(data.path)
        }
        withExtendedLifetime(lock) {}
    }

    @Test func theLockGoesWithItsOwner() throws {
        let folder = try TemporaryFolder()
        let data = try DataFolder(path: folder.path)
        do { _ = try data.lock() }
        _ = try data.lock()
    }

    /// Another process holds the lock until it is killed: no trace of it keeps the next one out.
    @Test func aKilledProcessLeavesNoLock() throws {
        let folder = try TemporaryFolder()
        let data = try DataFolder(path: folder.path)
        try withHolder(of: data) { holder in
            #expect { try data.lock() } throws: { ($0 as? StoreError)?.code == .dataFolderInUse }
            kill(holder, SIGKILL)
        }
        _ = try data.lock()
    }

    @Test func programsThatAreStartedDoNotInheritTheLock() throws {
        let folder = try TemporaryFolder()
        let data = try DataFolder(path: folder.path)
        var lock: DataFolderLock? = try data.lock()
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/cat")
        let input = Pipe()
        child.standardInput = input
        try child.run()
        lock = nil
        _ = try data.lock()
        try input.fileHandleForWriting.close()
        child.waitUntilExit()
        _ = lock
    }

    @Test(.enabled(if: MountedFolder.isPossible, "needs the right to mount a small file system"))
    func aReadOnlyFolderIsRefusedWithAWayOut() throws {
        try MountedFolder.withTmpfs(byteCount: 1 << 20) { path in
            try MountedFolder.makeReadOnly(path)
            #expect { try DataFolder(path: path) } throws: { error in
                guard let error = error as? StoreError else { return false }
                return error.code == .notWritable && error.message.contains("--data")
            }
        }
    }

    @Test(.enabled(if: MountedFolder.isPossible, "needs the right to mount a small file system"))
    func aFolderThatBecameReadOnlySaysSo() throws {
        try MountedFolder.withTmpfs(byteCount: 1 << 20) { path in
            let data = try DataFolder(path: path)
            let store = LocalFileStore(folder: data)
            try Data([1]).write(to: URL(fileURLWithPath: path + "/spool/upload"))
            try MountedFolder.makeReadOnly(path)
            let attempts: [() throws -> Void] = [
                { _ = try data.lock() }, { try store.store(spooled: path + "/spool/upload", as: Samples.hash(1)) },
                { _ = try store.storeThumbnail([1], of: Samples.hash(1)) },
                { try store.removeSpooled(path + "/spool/upload") },
            ]
            for attempt in attempts {
                #expect { try attempt() } throws: { ($0 as? StoreError)?.code == .notWritable }
            }
        }
    }

    @Test(.enabled(if: MountedFolder.isPossible, "needs the right to mount a small file system"))
    func aFullDiskSaysSoAndLeavesNothingHalfWritten() throws {
        try MountedFolder.withTmpfs(byteCount: 1 << 20) { path in
            let data = try DataFolder(path: path)
            let store = LocalFileStore(folder: data)
            let folder = try TemporaryFolder()
            let bytes = [UInt8](repeating: 7, count: 4 << 20)
            let (source, hash) = (try folder.write(bytes, to: "big.jpg"), ContentHash(hashing: bytes))
            #expect { try store.store(copying: source, as: hash) } throws: { ($0 as? StoreError)?.code == .diskFull }
            #expect { try store.storeThumbnail(bytes, of: hash) } throws: { ($0 as? StoreError)?.code == .diskFull }
            #expect(try FileManager.default.contentsOfDirectory(atPath: data.filesPath + "/partial").isEmpty)
            #expect(access(store.path(of: hash), F_OK) != 0)
            // There is room again for what fits.
            let small = try folder.write([1], to: "small.jpg")
            try store.store(copying: small, as: ContentHash(hashing: [1]))
        }
    }

    /// Runs `body` while another process holds the lock; ends that process.
    private func withHolder(of data: DataFolder, _ body: (pid_t) throws -> Void) throws {
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = ["--no-fork", data.path + "/lock", "/bin/sh", "-c", "echo locked; exec cat"]
        let (input, output) = (Pipe(), Pipe())
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        defer {
            holder.terminate()
            holder.waitUntilExit()
        }
        // It says so when it has the lock.
        try #require(output.fileHandleForReading.availableData == Data("locked\n".utf8))
        try body(holder.processIdentifier)
        holder.waitUntilExit()
    }
}
