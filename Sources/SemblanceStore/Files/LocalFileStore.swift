import Foundation
import SemblanceCore

/// Originals and thumbnails in a folder of this machine, or one that several machines share.
///
///     files/ab/abcdef…            originals by SHA-256
///     thumbnails/ab/abcdef….webp
///     spool/                      uploads on their way
///     files/partial/  thumbnails/partial/   files that are being written; renamed when they are whole
///
/// Originals are durable after `synchronise()`, which flushes the file system once for all of them. A power cut before
/// that can leave a file that does not hold what its name says: nothing knows of it yet, and it is noticed when the same
/// bytes come again. Thumbnails can be made again; one that a power cut left empty does not count.
public struct LocalFileStore: FileStore {
    private let root: String
    private let originals: HashedFolder
    private let thumbnails: HashedFolder

    /// Uses the folders that a data folder has.
    public init(folder: DataFolder) {
        root = folder.filesRoot
        originals = HashedFolder(path: folder.filesPath, ending: "")
        thumbnails = HashedFolder(path: folder.thumbnailsPath, ending: ".webp")
    }

    public func store(spooled path: String, as hash: ContentHash) throws {
        try mapping {
            let file = try Self.openSpooled(path)
            guard try !originals.confirm(hash), try !originals.link(path, to: hash) else { return }
            try originals.write(as: hash) { partial in try Self.copy(file, to: partial) }
        }
    }

    public func store(copying path: String, as hash: ContentHash) throws {
        let source = try SourceReader(path)
        try mapping {
            guard try !originals.confirm(hash) else { return }
            try originals.write(as: hash) { partial in
                guard try source.copy(to: partial) == hash else {
                    throw ImageError(.unreadable, "The file changed while it was being read; index it again.")
                }
            }
        }
    }

    public func synchronise() throws {
        try mapping { try OpenFile(originals.path, O_RDONLY | O_DIRECTORY).synchroniseFileSystem() }
    }

    public func removeSpooled(_ path: String) throws {
        try mapping { try Self.unlinkIfPresent(path) }
    }

    public func spooledPaths(olderThan age: Duration) throws -> [String] {
        try mapping { try OpenFile.paths(inFolder: root + "/spool", olderThan: age) }
    }

    public func removePartials(olderThan age: Duration) throws {
        try mapping {
            try originals.removePartials(olderThan: age)
            try thumbnails.removePartials(olderThan: age)
        }
    }

    public func storedHashes(startingWith byte: UInt8) throws -> [ContentHash] {
        try mapping { try originals.hashes(startingWith: byte) }
    }

    public func path(of hash: ContentHash) -> String { originals.path(of: hash) }

    public func remove(_ hash: ContentHash) throws {
        try mapping {
            try Self.unlinkIfPresent(originals.path(of: hash))
            try Self.unlinkIfPresent(thumbnails.path(of: hash))
        }
    }

    public func makeSpoolPath() throws -> String {
        root + "/spool/" + UUID().uuidString.lowercased()
    }

    public func thumbnailPath(of hash: ContentHash) -> String? {
        let path = thumbnails.path(of: hash)
        var status = stat()
        return stat(path, &status) == 0 && status.st_size > 0 ? path : nil
    }

    public func storeThumbnail(_ bytes: [UInt8], of hash: ContentHash) throws -> String {
        try mapping {
            try thumbnails.write(as: hash) { partial in
                try bytes.withUnsafeBytes { try partial.write($0) }
            }
            return thumbnails.path(of: hash)
        }
    }

    private static func openSpooled(_ path: String) throws -> OpenFile {
        do { return try OpenFile(path, O_RDONLY | O_NOFOLLOW) } catch let error as OpenFile.Failure
            where error.code == ENOENT
        {
            throw StoreError(.fileMissing, "The uploaded file is not in the spool any more; upload it again.")
        }
    }

    private func mapping<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw StoreError.writing(error, inFolder: root) }
    }

    private static func copy(_ file: borrowing OpenFile, to partial: borrowing OpenFile) throws {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 64) { buffer in
            while case let count = try file.read(into: buffer), count > 0 {
                try partial.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private static func unlinkIfPresent(_ path: String) throws {
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw OpenFile.Failure(code: errno)
    }
}
