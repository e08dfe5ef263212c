import Foundation
import SemblanceEngine

/// A set that is a folder of class folders: `birds/wren.jpg` is an image of the class `birds`.
///
/// If the folder holds exactly `queries` and `gallery` (or `query` and `gallery`), each of these holds class folders,
/// and images of the one are looked for in the other. Folders below a class folder belong to its class; `classDepth`
/// makes more of them part of the class's name.
struct ClassFolders {
    private let root: String
    private let options: SetOptions
    private let isSplit: Bool

    /// - Parameter path: an existing folder.
    init(at path: String, _ options: SetOptions) {
        root = path
        self.options = options
        isSplit = Self.isSplit(path)
    }

    /// - Throws: what `SetBuilder` throws.
    func read(named name: String) throws(LabError) -> LabelledSet {
        var builder = SetBuilder(name: name, folder: root, options: options)
        let walker = FolderWalker(paths: [root])
        // The walker names files by their folder's path without links.
        let folder = Self.withoutLinks(root)
        while let entry = walker.next() {
            switch entry {
            case .failure(let failure):
                builder.issues.add(SetIssue(.brokenImage, failure.path, detail: failure.message))
            case .file(let found):
                let components = found.file.path.dropFirst(folder.count).split(separator: "/").map(String.init)
                try add(components, path: found.file.path, to: &builder)
            }
        }
        return try builder.finish()
    }

    private func add(_ components: [String], path: String, to builder: inout SetBuilder) throws(LabError) {
        let id = components.joined(separator: "/")
        let folders = components.dropLast().dropFirst(isSplit ? 1 : 0)
        guard !folders.isEmpty else { return builder.issues.add(SetIssue(.outsideClasses, id)) }
        let label = folders.prefix(options.classDepth).joined(separator: "/")
        try builder.add(
            SetBuilder.Entry(id: id, path: path, labels: [label], role: role(components[0])), of: root)
    }

    private func role(_ folder: String) -> LabelledImage.Role {
        guard isSplit else { return .both }
        return folder == "gallery" ? .gallery : .query
    }

    private static func withoutLinks(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func isSplit(_ path: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        var isFolder: ObjCBool = false
        let folders = names.filter {
            !$0.hasPrefix(".") && FileManager.default.fileExists(atPath: path + "/" + $0, isDirectory: &isFolder)
                && isFolder.boolValue
        }
        return Set(folders) == ["queries", "gallery"] || Set(folders) == ["query", "gallery"]
    }
}
