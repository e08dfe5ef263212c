import Foundation
import SemblanceCore
import Synchronization

/// Writes a backup: see `ArchiveManifest` for its form.
///
/// One pass over the store, page by page. Originals come before the lines that name them; the manifest comes last.
public struct ArchiveWriter: Sendable {
    private let source: StoreSource
    private let folder: String
    private let program: String
    private let threads = ThreadPool(name: "archive", threadCount: 1)
    private let report: @Sendable (TransferProgress) -> Void

    /// - Parameter program: the version that the manifest names.
    public init(
        backing source: StoreSource, upIn folder: String, program: String,
        reporting report: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        self.source = source
        self.folder = folder
        self.program = program
        self.report = report
    }

    static func relativePath(of hash: ContentHash) -> String {
        let name = hash.hexadecimal
        return "files/\(name.prefix(2))/\(name)"
    }

    static func path(of hash: ContentHash, inFolder folder: String) -> String {
        folder + "/" + relativePath(of: hash)
    }

    /// - Throws: `TransferError`, `StoreError`.
    public func run() async throws -> TransferReport {
        let parts = "parts-" + Job.ID.random().rawValue.prefix(8)
        let lock = try await threads.run { [folder] in
            try Self.prepare(folder)
            let lock = try ArchiveLock(folder: folder)
            try Self.makeFolder(folder + "/" + parts)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        do {
            return try await write(parts)
        } catch {
            try? FileManager.default.removeItem(atPath: folder + "/" + parts)
            throw error
        }
    }

    private func write(_ parts: String) async throws -> TransferReport {
        var result = TransferReport()
        var entries: [ArchiveManifest.Catalogue] = []
        for catalogue in try await source.catalogues() {
            let writing = try CatalogueWriting(
                catalogue, stem: "\(parts)/\(entries.count + 1)", folder: folder, source: source)
            let written = Counter()
            try await source.forEachPage(of: catalogue) { records in
                try Task.checkCancellation()
                let gone = try await threads.run { try writing.append(records) }
                try await writing.leaveOut(gone)
                report(TransferProgress(.images, written.add(records.count), of: catalogue.imageCount))
            }
            let entry = try await threads.run { try writing.finish() }
            entries.append(entry)
            result.catalogues += 1
            result.images += entry.imageCount
            result.originals += entry.originalCount
            result.leftOut += writing.leftOut
        }
        let keys = try await source.keys()
        result.keys = keys.count
        let manifest = ArchiveManifest(
            format: ArchiveManifest.currentFormat, program: program, createdAt: Date().microsecondsSince1970,
            catalogues: entries, keys: try await write(keys, to: parts + "/keys.jsonl"))
        try await threads.run { [folder] in
            // What was copied is durable before the manifest says so.
            sync()
            try manifest.write(inFolder: folder)
            Self.removeParts(inFolder: folder, but: parts)
        }
        return result
    }

    private func write(_ keys: [APIKey], to name: String) async throws -> ArchiveManifest.Part {
        try await threads.run { [folder] in
            let file = try ArchiveOutput(path: folder + "/" + name)
            for key in keys {
                try file.write(JSONEncoder().encode(key))
                try file.write([UInt8(ascii: "\n")])
            }
            return try file.finish(as: name)
        }
    }

    // MARK: The folder

    /// - Throws: `TransferError` with `backup-folder-taken` if the folder holds anything else than a backup.
    private static func prepare(_ folder: String) throws {
        try makeFolder(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let strangers = names.filter { name in
            name != "files" && name != "lost+found" && !name.hasPrefix("parts-")
                && !name.hasPrefix(ArchiveManifest.fileName)
        }
        guard strangers.isEmpty else {
            throw TransferError(
                .folderTaken,
                "'\(folder)' holds other things, such as '\(strangers.sorted()[0])'. Choose a folder that is empty or "
                    + "holds an earlier backup.")
        }
        try makeFolder(folder + "/files")
    }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw TransferError.writing(path, errno)
    }

    private static func removeParts(inFolder folder: String, but present: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix("parts-") && name != present {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }
}
