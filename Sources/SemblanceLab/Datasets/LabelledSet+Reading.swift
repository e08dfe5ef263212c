import Foundation

extension LabelledSet {
    /// Reads a set: a folder of class folders, a CSV file (`.csv`) or JSON lines (`.jsonl`, `.ndjson`); or a folder
    /// that `dataset copies` made, with a `list.jsonl` and its judgements, `qrels.txt`. Calls block.
    ///
    /// Lists are read as a stream; what stays in memory is each image's id, path and labels. Images are not opened.
    /// - Parameter title: the set's name; by default its file's or folder's.
    /// - Throws: `LabError`.
    public init(at path: String, named title: String? = nil, options: SetOptions = SetOptions()) throws(LabError) {
        try options.validate()
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw LabError(.unreadableSet, "There is no file or folder '\(path)'.")
        }
        let url = URL(fileURLWithPath: path)
        let name = title ?? url.lastPathComponent
        if isFolder.boolValue {
            let (list, judgements) = (path + "/list.jsonl", path + "/qrels.txt")
            if FileManager.default.fileExists(atPath: list) {
                var options = options
                if options.judgementsPath == nil, FileManager.default.fileExists(atPath: judgements) {
                    options.judgementsPath = judgements
                }
                self = try LabelledSet(at: list, named: name, options: options)
                return
            }
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
