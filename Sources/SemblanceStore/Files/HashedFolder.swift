import Foundation
import SemblanceCore

/// Files named by content hash, 256 folders of them.
struct HashedFolder: Sendable {
    let path: String
    /// Of every file's name.
    let ending: String

    private var partialFolder: String { path + "/partial" }

    func path(of hash: ContentHash) -> String {
        folder(of: hash) + "/" + hash.hexadecimal + ending
    }

    private func folder(of hash: ContentHash) -> String {
        path + "/" + hash.hexadecimal.prefix(2)
    }

    /// Hashes of the files in one of the 256 folders; files with other names are passed over.
    func hashes(startingWith byte: UInt8) throws -> [ContentHash] {
        let first = ContentHash(bytes: [byte] + [UInt8](repeating: 0, count: 31))
        guard access(folder(of: first), F_OK) == 0 else { return [] }
        return try OpenFile.names(inFolder: folder(of: first)).compactMap { name in
            name.hasSuffix(ending) ? ContentHash(hexadecimal: name.dropLast(ending.count)) : nil
        }
    }

    /// Whether the file is there and holds what its name says. One that holds something else is removed.
    func confirm(_ hash: ContentHash) throws -> Bool {
        let path = path(of: hash)
        guard access(path, F_OK) == 0 else { return false }
        if try OpenFile(path, O_RDONLY).contentHash() == hash { return true }
        try retrying { unlink(path) }
        return false
    }

    /// Gives a file this name too.
    /// - Returns: `false` if the file system cannot: it must be copied.
    func link(_ source: String, to hash: ContentHash) throws -> Bool {
        try makeFolder(of: hash)
        if Glibc.link(source, path(of: hash)) == 0 { return true }
        switch errno {
        // Another thread took in the same bytes at the same time.
        case EEXIST: return try confirm(hash)
        case EXDEV, EPERM, EMLINK, EOPNOTSUPP: return false
        case let code: throw OpenFile.Failure(code: code)
        }
    }

    /// Writes a file under another name and renames it when it is whole: readers never see half of it.
    func write(as hash: ContentHash, _ body: (borrowing OpenFile) throws -> Void) throws {
        try makeFolder(of: hash)
        let partialPath = partialFolder + "/" + UUID().uuidString
        do {
            try body(OpenFile(partialPath, O_WRONLY | O_CREAT | O_EXCL))
            try retrying { rename(partialPath, path(of: hash)) }
        } catch {
            unlink(partialPath)
            throw error
        }
    }

    private func makeFolder(of hash: ContentHash) throws {
        guard mkdir(folder(of: hash), 0o700) == 0 || errno == EEXIST else { throw OpenFile.Failure(code: errno) }
    }

    /// Makes the folder itself.
    func make() throws {
        try OpenFile.makeFolder(path)
        try OpenFile.makeFolder(partialFolder)
    }

    /// Removes what a killed process left half written.
    func removePartials(olderThan age: Duration) throws {
        for path in try OpenFile.paths(inFolder: partialFolder, olderThan: age) { unlink(path) }
    }
}

extension OpenFile {
    /// Names of what is in a folder, in no order.
    static func names(inFolder path: String) throws -> [String] {
        guard let entries = opendir(path) else { throw Failure(code: errno) }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Paths of what is in a folder and was not written to for so long.
    static func paths(inFolder folder: String, olderThan age: Duration) throws -> [String] {
        let paths = try names(inFolder: folder).map { folder + "/" + $0 }
        guard age > .zero else { return paths }
        let limit = time(nil) - Int(age.components.seconds)
        return paths.filter { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mtim.tv_sec < limit
        }
    }

    /// Makes a private folder, and those above it, unless it is there.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let parent = (path as NSString).deletingLastPathComponent
        guard errno == ENOENT, parent != path, !parent.isEmpty else { throw Failure(code: errno) }
        try makeFolder(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure(code: errno) }
    }
}
