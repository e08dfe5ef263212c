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

    /// Whether the file is there; if so, its entry is durable on return: whoever made it may have died before that.
    func confirm(_ hash: ContentHash) throws -> Bool {
        var status = stat()
        guard stat(path(of: hash), &status) == 0 else { return false }
        try OpenFile.synchronise(folder: folder(of: hash))
        return true
    }

    /// Gives a durable file this name too.
    /// - Returns: `false` if the file system cannot: it must be copied.
    func link(_ source: String, to hash: ContentHash) throws -> Bool {
        try makeFolder(of: hash)
        if Glibc.link(source, path(of: hash)) != 0 {
            let code = errno
            if [EXDEV, EPERM, EMLINK, EOPNOTSUPP].contains(code) { return try confirm(hash) }
            guard code == EEXIST else { throw OpenFile.Failure(code: code) }
        }
        try OpenFile.synchronise(folder: folder(of: hash))
        return true
    }

    /// Writes a file under another name and renames it when it is whole: readers never see half of it.
    func write(as hash: ContentHash, isDurable: Bool, _ body: (borrowing OpenFile) throws -> Void) throws {
        try makeFolder(of: hash)
        let partialPath = partialFolder + "/" + UUID().uuidString
        do {
            let partial = try OpenFile(partialPath, O_WRONLY | O_CREAT | O_EXCL)
            try body(partial)
            if isDurable { try partial.synchronise() }
            try retrying { rename(partialPath, path(of: hash)) }
        } catch {
            unlink(partialPath)
            throw error
        }
        if isDurable { try OpenFile.synchronise(folder: folder(of: hash)) }
    }

    private func makeFolder(of hash: ContentHash) throws {
        if mkdir(folder(of: hash), 0o700) == 0 {
            try OpenFile.synchronise(folder: path)
        } else if errno != EEXIST {
            throw OpenFile.Failure(code: errno)
        }
    }

    /// Makes the folder itself.
    func make() throws {
        try OpenFile.makeFolder(path)
        try OpenFile.makeFolder(partialFolder)
    }

    /// Removes what a killed process left half written. Only the holder of the data folder's lock may.
    func removePartials() throws {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: partialFolder)) ?? [] {
            unlink(partialFolder + "/" + name)
        }
    }
}

extension OpenFile {
    /// Makes a private folder, and those above it, unless it is there.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let parent = (path as NSString).deletingLastPathComponent
        guard errno == ENOENT, parent != path, !parent.isEmpty else { throw Failure(code: errno) }
        try makeFolder(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure(code: errno) }
    }
}
