import SemblanceCore
import SemblanceEngine

/// A file of a form, in the spool.
package struct FormFile: Sendable {
    /// The form field that it came in.
    package let field: String
    package let upload: SpooledUpload
}

/// A form that was received whole: its fields in memory, its files in the spool.
package struct ReceivedForm: Sendable {
    package enum Files: Sendable {
        case few([FormFile])
        /// Any number, named in a file that `SpoolList` reads: there may be a hundred thousand.
        case listed(path: String, count: Int)
    }

    /// Fields that are not files, by name.
    package let fields: [String: String]
    /// Fields that may come several times, by name, in the order they came.
    package var lists: [String: [String]] = [:]
    package let files: Files

    package var fileCount: Int {
        switch files {
        case .few(let files): files.count
        case .listed(_, let count): count
        }
    }

    /// Removes the files from the spool. Blocks.
    package func discard() {
        switch files {
        case .few(let files):
            for file in files { SpoolFile.remove(file.upload.path) }
        case .listed(let path, _):
            if let list = try? SpoolList(path: path) {
                for upload in list.uploads() { SpoolFile.remove(upload.path) }
            }
            SpoolFile.remove(path)
        }
    }

    // MARK: Fields

    /// A field's text; an empty one counts as absent.
    subscript(name: String) -> String? {
        guard let text = fields[name], !text.isEmpty else { return nil }
        return text
    }

    func integer(_ name: String) throws -> Int? {
        try self[name].map { try Parsing.integer($0, named: name) }
    }

    func number(_ name: String) throws -> Double? {
        try self[name].map { try Parsing.number($0, named: name) }
    }

    /// A misspelt field must not be ignored silently.
    /// - Throws: `RequestError` if there is a field of another name.
    func checkNames(_ known: Set<String>) throws {
        guard let unknown = fields.keys.filter({ !known.contains($0) }).min() else { return }
        throw RequestError(
            .invalidMultipart,
            "The form has no field '\(unknown.prefix(40))'; it takes \(known.sorted().joined(separator: ", ")).")
    }
}
