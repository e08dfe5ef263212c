import Foundation
import SemblanceCore

/// The SHA-256 of a file whose publisher names none, as it was when it was first pulled: `FILE.sha256` beside it, in
/// the form of `sha256sum`.
///
/// It stays when the weights are deleted, so that another file under the same address is noticed.
struct PinnedHash {
    let path: String
    private let name: String

    init(of file: String) {
        path = file + ".sha256"
        name = DurableFile.name(of: file)
    }

    var value: ContentHash? {
        guard let data = FileManager.default.contents(atPath: path), data.count < 10_000 else { return nil }
        return ContentHash(hexadecimal: String(decoding: data, as: UTF8.self).prefix(64))
    }

    /// - Throws: `model-hash-mismatch`.
    func check(_ found: ContentHash) throws(ModelError) {
        guard let value, value != found else { return }
        throw ModelError(
            .hashMismatch,
            "'\(name)' is not the file that was pulled first: expected SHA-256 \(value), not \(found). Its publisher has "
                + "changed it, or somebody on the way. If you trust the new one, delete '\(path)' and pull again: it "
                + "is another version of the model then, and images must be indexed again.")
    }

    /// - Throws: `StoreError`.
    func write(_ hash: ContentHash) throws {
        guard value != hash else { return }
        let new = "\(path).\(UUID().uuidString)"
        defer { unlink(new) }
        do {
            try Data("\(hash)  \(name)\n".utf8).write(to: URL(fileURLWithPath: new))
        } catch {
            throw StoreError(.notWritable, "'\(path)' could not be written.", underlying: error)
        }
        try DurableFile.rename(new, to: path)
    }
}
