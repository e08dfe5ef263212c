import Foundation
import SemblanceCore

/// Lists the image files below paths, a few at a time. Not thread-safe; calls block.
///
/// Folders are read in the order of their names; links are followed, and one that leads back into a folder above
/// itself is a failure. Names that start with a dot are left out. Memory: the names of one chain of folders.
package final class FolderWalker {
    package enum Entry {
        case file(FoundFile)
        case failure(FileFailure)
    }

    package struct FoundFile {
        package let file: SourceFile
        /// As the user would write it: the given path and what follows below it.
        package let shownPath: String
    }

    private struct Folder {
        let path: String
        let shownPath: String
        let identity: FileIdentity
        /// In reverse, so that the next is the last.
        var names: [FileName]
    }

    private struct FileIdentity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private struct FileName: Comparable {
        let bytes: [UInt8]
        /// Whether the folder itself says that it is neither a folder nor a link.
        let isFile: Bool
        static func < (left: FileName, right: FileName) -> Bool {
            left.bytes.lexicographicallyPrecedes(right.bytes)
        }
    }

    private var roots: [String]
    private var folders: [Folder] = []
    private var waiting: [Entry] = []

    /// Files passed over so far, since their names do not end as an image's.
    package private(set) var leftOutCount = 0
    private let onFolder: (String) -> Void

    /// - Parameters:
    ///   - paths: files and folders, relative to the working folder or absolute.
    ///   - onFolder: is called with the path of each folder before its names are read.
    package init(paths: [String], onFolder: @escaping (String) -> Void = { _ in }) {
        roots = paths.reversed()
        self.onFolder = onFolder
    }

    /// The next entry; `nil` at the end.
    package func next() -> Entry? {
        while true {
            if let entry = waiting.popLast() { return entry }
            if folders.isEmpty {
                guard let root = roots.popLast() else { return nil }
                open(root: root)
            } else if let name = folders[folders.count - 1].names.popLast() {
                visit(name)
            } else {
                folders.removeLast()
            }
        }
    }

    private func open(root: String) {
        guard let absolute = realpath(root, nil) else {
            return errno == ENOENT
                ? fail(root, .unreadable, "There is no such file or folder; check its name.") : failToStat(root, errno)
        }
        defer { free(absolute) }
        let path = String(cString: absolute)
        var status = stat()
        guard stat(path, &status) == 0 else { return failToStat(root, errno) }
        if status.st_mode & S_IFMT == S_IFDIR {
            enter(path: path, shownPath: root, status: status)
        } else {
            add(path: path, shownPath: root, status: status)
        }
    }

    private func visit(_ name: FileName) {
        let folder = folders[folders.count - 1]
        guard let text = String(validating: name.bytes, as: UTF8.self) else { return refuse(name, in: folder) }
        let path = folder.path == "/" ? "/" + text : folder.path + "/" + text
        let shownPath = folder.shownPath.hasSuffix("/") ? folder.shownPath + text : folder.shownPath + "/" + text
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            // What went since the folder was read is no failure; what stands behind a link may be a folder full of images.
            let isThere = code != ENOENT || lstat(path, &status) == 0
            if isThere, !name.isFile || FolderWalker.hasImageExtension(name.bytes) { failToStat(shownPath, code) }
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            enter(path: path, shownPath: shownPath, status: status)
        } else if FolderWalker.hasImageExtension(name.bytes) {
            add(path: path, shownPath: shownPath, status: status)
        } else {
            leftOutCount += 1
        }
    }

    /// A name that is not text could not be shown, nor found again.
    private func refuse(_ name: FileName, in folder: Folder) {
        let path = Array((folder.path + "/").utf8) + name.bytes + [0]
        var status = stat()
        let isFolder = path.withUnsafeBytes { bytes in
            stat(bytes.bindMemory(to: CChar.self).baseAddress!, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
        guard isFolder || FolderWalker.hasImageExtension(name.bytes) else { return }
        let shown = folder.shownPath + "/" + String(decoding: name.bytes, as: UTF8.self)
        fail(shown, .unreadable, "The \(isFolder ? "folder" : "file")'s name is not UTF-8 text; rename it.")
    }

    private func failToStat(_ shownPath: String, _ code: Int32) {
        switch code {
        case ENOENT: fail(shownPath, .unreadable, "The link leads nowhere; mend or delete it.")
        case ELOOP: fail(shownPath, .unreadable, "The link leads to itself; mend or delete it.")
        default: fail(shownPath, FileBytes.unreadable(code))
        }
    }

    private func enter(path: String, shownPath: String, status: stat) {
        let identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard !folders.contains(where: { $0.identity == identity }) else {
            return fail(shownPath, .unreadable, "The link leads back to a folder that contains it; delete it.")
        }
        onFolder(path)
        guard let directory = opendir(path) else {
            return fail(shownPath, FileBytes.unreadable(errno, "folder"))
        }
        defer { closedir(directory) }
        var names: [FileName] = []
        errno = 0
        while let entry = readdir(directory) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            let isFile = Int(entry.pointee.d_type) == Int(DT_REG)
            if bytes.first != UInt8(ascii: ".") { names.append(FileName(bytes: bytes, isFile: isFile)) }
            errno = 0
        }
        // What was read before is looked at all the same.
        if errno != 0 { fail(shownPath, FileBytes.unreadable(errno, "folder")) }
        folders.append(
            Folder(path: path, shownPath: shownPath, identity: identity, names: names.sorted(by: >)))
    }

    private func add(path: String, shownPath: String, status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else {
            return fail(shownPath, FileBytes.notRegular)
        }
        let file = SourceFile(
            path: path, byteCount: Int64(status.st_size),
            modifiedNanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
        waiting.append(.file(FoundFile(file: file, shownPath: shownPath)))
    }

    private func fail(_ shownPath: String, _ code: ImageError.Code, _ message: String) {
        fail(shownPath, ImageError(code, message))
    }

    private func fail(_ shownPath: String, _ error: any Error) {
        waiting.append(.failure(FileFailure(path: shownPath, error: error)))
    }

    private static func hasImageExtension(_ name: [UInt8]) -> Bool {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return ImageFormat.fileExtensions.contains(String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased())
    }
}
