import Foundation
import SemblanceCore

/// A file store in a folder that goes with it. Nothing is made durable.
public final class TemporaryFileStore: FileStore {
    private let folder: TemporaryFolder

    public init() throws {
        folder = try TemporaryFolder()
        for name in ["files", "thumbnails", "spool"] {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
    }

    public func store(spooled path: String, as hash: ContentHash) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.fileMissing, "The uploaded file is not in the spool any more.")
        }
        try copy(path, to: hash)
    }

    public func store(copying path: String, as hash: ContentHash) throws {
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)), ContentHash(hashing: bytes) == hash else {
            throw ImageError(.unreadable, "The file could not be read, or has other bytes by now.")
        }
        try copy(path, to: hash)
    }

    public func synchronise() throws {}

    /// Nothing is written in parts here.
    public func removePartials(olderThan age: Duration) throws {}

    private func copy(_ path: String, to hash: ContentHash) throws {
        guard !FileManager.default.fileExists(atPath: self.path(of: hash)) else { return }
        try FileManager.default.copyItem(atPath: path, toPath: self.path(of: hash))
    }

    public func removeSpooled(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    public func spooledPaths(olderThan age: Duration) throws -> [String] {
        let paths = try FileManager.default.contentsOfDirectory(atPath: folder.path("spool"))
            .map { folder.path("spool/" + $0) }
        guard age > .zero else { return paths }
        let limit = Date() - age / .seconds(1)
        return try paths.filter { path in
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return (attributes[.modificationDate] as? Date).map { $0 < limit } ?? false
        }
    }

    public func storedHashes(startingWith byte: UInt8) throws -> [ContentHash] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path("files"))
            .compactMap { ContentHash(hexadecimal: $0) }.filter { $0.bytes[0] == byte }
    }

    public func path(of hash: ContentHash) -> String { folder.path("files/" + hash.hexadecimal) }

    public func remove(_ hash: ContentHash) throws {
        for path in [path(of: hash), thumbnail(of: hash)] where FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }

    public func makeSpoolPath() throws -> String { folder.path("spool/" + UUID().uuidString) }

    public func thumbnailPath(of hash: ContentHash) -> String? {
        FileManager.default.fileExists(atPath: thumbnail(of: hash)) ? thumbnail(of: hash) : nil
    }

    public func storeThumbnail(_ bytes: [UInt8], of hash: ContentHash) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: thumbnail(of: hash)), options: .atomic)
        return thumbnail(of: hash)
    }

    private func thumbnail(of hash: ContentHash) -> String { folder.path("thumbnails/" + hash.hexadecimal + ".webp") }
}
