import Foundation
import SemblanceCore

/// Where everything that belongs to one installation's catalogues lies.
public struct DataFolder: Sendable, Hashable {
    /// Absolute.
    public let path: String
    /// Where originals, thumbnails and uploads lie: the data folder itself, or a folder that several machines share.
    public let filesRoot: String

    public var databasePath: String { path + "/semblance.sqlite" }
    public var filesPath: String { filesRoot + "/files" }
    public var thumbnailsPath: String { filesRoot + "/thumbnails" }
    public var spoolPath: String { filesRoot + "/spool" }
    /// Vector files; can be deleted while nothing runs.
    public var indexesPath: String { path + "/indexes" }
    /// Models that were added, each in a folder of its own.
    public var modelsPath: String { path + "/models" }
    var lockPath: String { path + "/lock" }

    /// Makes what is missing, for this user alone.
    /// - Parameters:
    ///   - path: `nil` takes the default: see `defaultPath`.
    ///   - filesFolder: where originals, thumbnails and uploads lie; `nil` means the data folder.
    /// - Throws: `StoreError`: `data-folder-not-writable`, `disk-full`.
    public init(
        path: String?, filesFolder: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        self.path = Self.absolutePath(path, environment: environment)
        filesRoot = filesFolder.map { Self.absolutePath($0, environment: environment) } ?? self.path
        try Self.make(self.path, option: "--data")
        if filesRoot != self.path { try Self.make(filesRoot, option: "--files") }
        do {
            try OpenFile.makeFolder(indexesPath)
            for area in areas { try area.make() }
            try OpenFile.makeFolder(spoolPath)
        } catch {
            throw StoreError.writing(error, inFolder: filesRoot)
        }
    }

    private static func make(_ path: String, option: String) throws {
        do {
            try OpenFile.makeFolder(path)
            guard try OpenFile(path, O_RDONLY).status().st_mode & S_IFMT == S_IFDIR else {
                throw StoreError(.notWritable, "'\(path)' is not a folder; choose another with \(option).")
            }
        } catch {
            throw StoreError.writing(error, inFolder: path)
        }
    }

    /// Where a data folder is, or would be; nothing is made.
    /// - Parameter path: as it was given; `nil` takes the default.
    public static func absolutePath(
        _ path: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        let chosen = ((path ?? defaultPath(environment)) as NSString).expandingTildeInPath
        let isAbsolute = chosen.hasPrefix("/")
        let absolute = isAbsolute ? chosen : FileManager.default.currentDirectoryPath + "/" + chosen
        return (absolute as NSString).standardizingPath
    }

    /// `SEMBLANCE_DATA`, else `semblance` in the user's data folder as the XDG Base Directory Specification has it:
    /// `XDG_DATA_HOME` if that is absolute, else `~/.local/share`.
    public static func defaultPath(_ environment: [String: String]) -> String {
        if let path = environment["SEMBLANCE_DATA"], !path.isEmpty { return path }
        if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") { return folder + "/semblance" }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/semblance"
    }

    private var areas: [HashedFolder] {
        [HashedFolder(path: filesPath, ending: ""), HashedFolder(path: thumbnailsPath, ending: ".webp")]
    }

    /// Makes this process the folder's one writer.
    /// - Throws: `StoreError` with `data-folder-in-use`, naming the process if it is known.
    public func lock() throws -> DataFolderLock {
        do {
            return try DataFolderLock(path: lockPath, folder: path)
        } catch {
            throw StoreError.writing(error, inFolder: path)
        }
    }
}
