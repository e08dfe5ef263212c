import Foundation
import SemblanceCore

/// Metadata for files, out of a text file with one JSON object a line: `{"path": "a/b.jpg", "metadata": {…}}`.
///
/// Paths are relative to the list's own folder. The whole list is held in memory.
package struct MetadataList: Sendable {
    private var entries: [String: JSONValue] = [:]

    package static let empty = MetadataList()

    private init() {}

    /// - Throws: `RequestError` with `invalid-metadata`, naming the line.
    package init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RequestError(.invalidMetadata, "The metadata file '\(path)' could not be read.")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().resolvingSymlinksInPath().path
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where !line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) {
            guard let entry = try? JSONValue(parsing: line), case .string(let listed)? = entry["path"],
                let metadata = entry["metadata"], case .object = metadata
            else {
                throw RequestError(
                    .invalidMetadata,
                    "Line \(number + 1) of '\(path)' is not of the form {\"path\": \"…\", \"metadata\": {…}}.")
            }
            do throws(RequestError) {
                try Metadata.validate(metadata)
            } catch {
                throw RequestError(.invalidMetadata, "Line \(number + 1) of '\(path)': \(error.message)")
            }
            let absolute = listed.hasPrefix("/") ? listed : folder + "/" + listed
            // What `find .` prints begins with "./".
            entries[(absolute as NSString).standardizingPath] = metadata
        }
    }

    /// Always an object.
    package func metadata(forPath path: String) -> JSONValue {
        entries[path] ?? .object([:])
    }
}
