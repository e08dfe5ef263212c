import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

@Suite struct FileStoreTests {
    @Test(arguments: FileStoreContract.checks)
    func temporaryStoreKeepsThePromise(_ check: ContractCheck<FileStoreContract>) async throws {
        try await check.run(FileStoreContract(store: try TemporaryFileStore()))
    }

    @Test(arguments: FileStoreContract.checks)
    func localStoreKeepsThePromise(_ check: ContractCheck<FileStoreContract>) async throws {
        let folder = try TemporaryFolder()
        try await check.run(FileStoreContract(store: LocalFileStore(folder: try DataFolder(path: folder.path))))
    }

    @Test func storedFilesAreForTheirOwnerAlone() throws {
        let folder = try TemporaryFolder()
        let data = try DataFolder(path: folder.path("data"))
        let store = LocalFileStore(folder: data)
        let source = try folder.write([1, 2, 3], to: "a.jpg")
        let hash = ContentHash(hashing: [1, 2, 3])
        try store.store(copying: source, as: hash)
        #expect(store.path(of: hash) == data.filesPath + "/03/" + hash.hexadecimal)
        for path in [data.path, data.filesPath, data.filesPath + "/03", data.spoolPath, data.thumbnailsPath] {
            #expect(try mode(of: path) == 0o700, "\(path)")
        }
        #expect(try mode(of: store.path(of: hash)) == 0o600)
    }

    @Test func takesNothingThatIsNotARegularFile() throws {
        let folder = try TemporaryFolder()
        let store = LocalFileStore(folder: try DataFolder(path: folder.path("data")))
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        for path in [folder.path("pipe"), folder.path, "/dev/null"] {
            #expect { try store.store(copying: path, as: Samples.hash(1)) } throws: {
                ($0 as? ImageError)?.code == .unreadable
            }
        }
        // A spool path that became a link leads nowhere.
        let spooled = try store.makeSpoolPath()
        #expect(symlink("/etc/passwd", spooled) == 0)
        #expect(throws: StoreError.self) { try store.store(spooled: spooled, as: Samples.hash(1)) }
        #expect(access(store.path(of: Samples.hash(1)), F_OK) != 0)
    }

    /// Before `synchronise()` returned, no row names the file; a power cut may leave anything under its name.
    @Test func aFileThatDoesNotHoldWhatItsNameSaysIsReplaced() throws {
        let folder = try TemporaryFolder()
        let store = LocalFileStore(folder: try DataFolder(path: folder.path("data")))
        let bytes = Array("whole".utf8)
        let (source, hash) = (try folder.write(bytes, to: "a.jpg"), ContentHash(hashing: bytes))
        for attempt in 0..<2 {
            try folder.write([], to: "data/files/\(hash.hexadecimal.prefix(2))/\(hash.hexadecimal)")
            if attempt == 0 {
                try store.store(copying: source, as: hash)
            } else {
                let path = try store.makeSpoolPath()
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                try store.store(spooled: path, as: hash)
            }
            #expect(FileManager.default.contents(atPath: store.path(of: hash)).map(Array.init) == bytes)
        }
    }

    @Test func aThumbnailThatAPowerCutEmptiedIsMadeAgain() throws {
        let folder = try TemporaryFolder()
        let store = LocalFileStore(folder: try DataFolder(path: folder.path))
        let path = try store.storeThumbnail([1], of: Samples.hash(1))
        #expect(truncate(path, 0) == 0)
        #expect(store.thumbnailPath(of: Samples.hash(1)) == nil)
    }

    @Test func readersNeverSeeHalfAThumbnail() async throws {
        let folder = try TemporaryFolder()
        let store = LocalFileStore(folder: try DataFolder(path: folder.path))
        let versions: [[UInt8]] = [Array(repeating: 1, count: 300_000), Array(repeating: 2, count: 200_000)]
        let path = try store.storeThumbnail(versions[0], of: Samples.hash(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<50 { _ = try store.storeThumbnail(versions[round % 2], of: Samples.hash(1)) }
            }
            group.addTask {
                for _ in 0..<200 {
                    let bytes = Array(try #require(FileManager.default.contents(atPath: path)))
                    #expect(versions.contains(bytes))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(.enabled(if: MountedFolder.isPossible, "needs the right to mount a small file system"))
    func anUploadOnAnotherFileSystemIsCopied() throws {
        try MountedFolder.withTmpfs(byteCount: 1 << 20) { other in
            let folder = try TemporaryFolder()
            let store = LocalFileStore(folder: try DataFolder(path: folder.path))
            let bytes = Array("over there".utf8)
            try Data(bytes).write(to: URL(fileURLWithPath: other + "/upload"))
            let hash = ContentHash(hashing: bytes)
            try store.store(spooled: other + "/upload", as: hash)
            #expect(FileManager.default.contents(atPath: store.path(of: hash)).map(Array.init) == bytes)
        }
    }

    @Test func whatAKilledProcessLeftHalfWrittenIsRemoved() throws {
        let folder = try TemporaryFolder()
        let store = LocalFileStore(folder: try DataFolder(path: folder.path))
        let partials = try ["files/partial/old", "thumbnails/partial/old", "files/partial/new"].map {
            try folder.write([1], to: $0)
        }
        let upload = try folder.write([1], to: "spool/upload")
        let longAgo = timespec(tv_sec: time(nil) - 100_000, tv_nsec: 0)
        for old in partials.prefix(2) { try #require(utimensat(AT_FDCWD, old, [longAgo, longAgo], 0) == 0) }
        // Another process may be writing the new one.
        try store.removePartials(olderThan: .seconds(86_400))
        #expect(partials.map { access($0, F_OK) } == [-1, -1, 0])
        try store.removePartials(olderThan: .zero)
        #expect(access(partials[2], F_OK) == -1)
        // Only the engine knows which uploads are needed.
        #expect(access(upload, F_OK) == 0)
    }

    private func mode(of path: String) throws -> mode_t {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o777
    }
}
