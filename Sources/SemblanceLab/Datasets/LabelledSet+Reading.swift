import Foundation

extension LabelledSet {
    /// Reads a set: a folder of class folders, a CSV file (`.csv`) or JSON lines (`.jsonl`, `.ndjson`). Calls block.
    ///
    /// Lists are read as a stream; what stays in memory is each image's id, path and labels. Images are not opened.
    /// - Throws: `LabError`.
    public init(at path: String, options: SetOptions = SetOptions()) throws(LabError) {
        try options.validate()
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw LabError(.unreadableSet, "There is no file or folder '\(path)'.")
        }
        let url = URL(fileURLWithPath: path)
        let name = url.lastPathComponent
        if isFolder.boolValue {
            self = try ClassFolders(at: path, options).read(named: name)
            return
        }
        let builder = SetBuilder(name: name, folder: url.deletingLastPathComponent().path, options: options)
        switch url.pathExtension.lowercased() {
        case "csv": self = try CSVList.read(path, builder)
        case "jsonl", "ndjson": self = try JSONLinesList.read(path, builder)
        default:
            throw LabError(
                .unreadableSet, "'\(path)' is no set: expected a folder of class folders, a .csv or a .jsonl file.")
        }
    }
}
