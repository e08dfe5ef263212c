import Foundation
import SemblanceCore

/// What a backup holds: `backup.json`, written last and put in place by one rename.
///
///     backup.json               this, and its own SHA-256 on a line below
///     parts-<id>/keys.jsonl     API keys, without their secrets
///     parts-<id>/1.jsonl        the first catalogue's images, one a line
///     parts-<id>/1.vectors      their embeddings: Float32, little-endian, in the order of the lines
///     files/ab/abcdef…          stored originals by SHA-256
///
/// A backup into the same folder writes parts of its own and copies only originals that are new; until its manifest is
/// in place the earlier backup stays whole.
struct ArchiveManifest: Codable {
    static let fileName = "backup.json"
    static let currentFormat = 1

    struct Part: Codable {
        /// Relative to the backup's folder.
        let path: String
        let byteCount: Int64
        let hash: ContentHash
    }

    struct Version: Codable {
        let model: String
        let digest: String
        let dimension: Int
    }

    struct Catalogue: Codable {
        let name: String
        let model: String
        let createdAt: Int64
        let filterableKeys: [String]
        let imageCount: Int
        let originalCount: Int
        let images: Part
        let vectors: Part
        let versions: [Version]
    }

    let format: Int
    let program: String
    let createdAt: Int64
    let catalogues: [Catalogue]
    let keys: Part

    var parts: [Part] { catalogues.flatMap { [$0.images, $0.vectors] } + [keys] }

    /// - Throws: `TransferError`: `backup-unknown`, `backup-damaged`, `backup-newer-format`.
    static func read(inFolder folder: String) throws -> ArchiveManifest {
        let path = folder + "/" + fileName
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TransferError(.notABackup, "There is no backup in '\(folder)': \(fileName) is missing.")
        }
        let lines = data.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
        let isWhole =
            lines.count == 2
            && ContentHash(hashing: lines[0]).hexadecimal
                == String(decoding: lines[1], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard isWhole else { throw TransferError(.damaged, "'\(path)' is damaged: its checksum does not match.") }
        struct Format: Decodable { let format: Int }
        let decoder = JSONDecoder()
        let format = try decoder.decode(Format.self, from: lines[0]).format
        guard format <= currentFormat else {
            throw TransferError(
                .newerFormat,
                "The backup was written by a newer version of Semblance (format \(format); this one knows up to "
                    + "\(currentFormat)).")
        }
        return try decoder.decode(ArchiveManifest.self, from: lines[0])
    }

    /// Puts the manifest in place.
    func write(inFolder folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(self)
        let name = Self.fileName + ".new"
        let file = try ArchiveOutput(path: folder + "/" + name)
        try file.write(Array(data))
        try file.write(Array("\n\(ContentHash(hashing: data).hexadecimal)\n".utf8))
        _ = try file.finish(as: name)
        guard rename(folder + "/" + name, folder + "/" + Self.fileName) == 0 else {
            throw TransferError.writing(folder + "/" + Self.fileName, errno)
        }
    }
}

extension TransferError {
    /// A system call on a file of the backup that failed.
    static func writing(_ path: String, _ number: Int32) -> any Error {
        if number == ENOSPC || number == EDQUOT {
            return StoreError(.diskFull, "The disk that holds the backup is full. Free some space, then try again.")
        }
        return TransferError(.writeFailed, "'\(path)' cannot be written: \(String(cString: strerror(number))).")
    }
}
