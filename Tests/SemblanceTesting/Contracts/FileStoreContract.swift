import Foundation
import SemblanceCore
import Testing

/// What every `FileStore` promises.
public struct FileStoreContract: Sendable {
    /// An empty store.
    let store: any FileStore

    public init(store: any FileStore) {
        self.store = store
    }

    private func spool(_ bytes: [UInt8]) throws -> String {
        let path = try store.makeSpoolPath()
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static func contents(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map(Array.init)
    }

    public static let checks: [ContractCheck<FileStoreContract>] = [
        ContractCheck("takes in a spooled file, which stays until it is removed") {
            let (store, bytes) = ($0.store, Array("an upload".utf8))
            let (path, hash) = (try $0.spool(bytes), ContentHash(hashing: bytes))
            try store.store(spooled: path, as: hash)
            try store.store(spooled: path, as: hash)
            #expect(contents(store.path(of: hash)) == bytes)
            #expect(
                try store.spooledPaths().map { URL(fileURLWithPath: $0).lastPathComponent } == [
                    URL(fileURLWithPath: path).lastPathComponent
                ])
            try store.removeSpooled(path)
            try store.removeSpooled(path)
            #expect(try store.spooledPaths().isEmpty)
            #expect(contents(store.path(of: hash)) == bytes)
        },
        ContractCheck("tells old spool files from those that are being written") {
            let (old, new) = (try $0.spool(Array("old".utf8)), try $0.spool(Array("new".utf8)))
            var times = [timeval(tv_sec: time(nil) - 7200, tv_usec: 0), timeval(tv_sec: time(nil) - 7200, tv_usec: 0)]
            #expect(utimes(old, &times) == 0)
            #expect(try $0.store.spooledPaths(olderThan: .seconds(3600)) == [old])
            #expect(Set(try $0.store.spooledPaths()) == [old, new])
        },
        ContractCheck("copies a user's file, which stays untouched") {
            let (store, folder) = ($0.store, try TemporaryFolder())
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let (path, hash) = (try folder.write(bytes, to: "a.jpg"), ContentHash(hashing: bytes))
            try store.store(copying: path, as: hash)
            try store.store(copying: path, as: hash)
            try store.synchronise()
            #expect(contents(store.path(of: hash)) == bytes)
            #expect(contents(path) == bytes)
        },
        ContractCheck("refuses a user's file that changed since it was hashed") {
            let (store, folder) = ($0.store, try TemporaryFolder())
            let hash = ContentHash(hashing: Array("before".utf8))
            let path = try folder.write(Array("after".utf8), to: "a.jpg")
            for path in [path, folder.path("missing")] {
                #expect { try store.store(copying: path, as: hash) } throws: {
                    ($0 as? ImageError)?.code == .unreadable
                }
            }
            #expect(contents(store.path(of: hash)) == nil)
        },
        ContractCheck("says that a spooled file is missing") {
            let store = $0.store
            let path = try store.makeSpoolPath()
            await expectStoreError(.fileMissing) { try store.store(spooled: path, as: Samples.hash(1)) }
        },
        ContractCheck("gives every upload a path of its own in the spool") {
            let store = $0.store
            let paths = try (0..<100).map { _ in try store.makeSpoolPath() }
            #expect(Set(paths).count == 100)
            #expect(try store.spooledPaths().isEmpty)
        },
        ContractCheck("keeps thumbnails and finds them again") {
            let (store, hash) = ($0.store, Samples.hash(1))
            #expect(store.thumbnailPath(of: hash) == nil)
            let path = try store.storeThumbnail([1, 2, 3], of: hash)
            #expect(store.thumbnailPath(of: hash) == path)
            #expect(contents(path) == [1, 2, 3])
            _ = try store.storeThumbnail([4, 5], of: hash)
            #expect(contents(path) == [4, 5])
        },
        ContractCheck("lists originals by their first byte") {
            let store = $0.store
            #expect(try (UInt8.min...UInt8.max).allSatisfy { try store.storedHashes(startingWith: $0).isEmpty })
            var stored: Set<ContentHash> = []
            for number in 0..<40 {
                let bytes = Array("original \(number)".utf8)
                try store.store(spooled: try $0.spool(bytes), as: ContentHash(hashing: bytes))
                stored.insert(ContentHash(hashing: bytes))
            }
            for byte in UInt8.min...UInt8.max {
                let found = try store.storedHashes(startingWith: byte)
                #expect(Set(found) == stored.filter { $0.bytes[0] == byte })
            }
        },
        ContractCheck("removes an original and its thumbnail") {
            let (store, bytes) = ($0.store, Array("gone".utf8))
            let hash = ContentHash(hashing: bytes)
            try store.store(spooled: try $0.spool(bytes), as: hash)
            _ = try store.storeThumbnail([1], of: hash)
            try store.remove(hash)
            try store.remove(hash)
            #expect(contents(store.path(of: hash)) == nil)
            #expect(store.thumbnailPath(of: hash) == nil)
        },
    ]
}
