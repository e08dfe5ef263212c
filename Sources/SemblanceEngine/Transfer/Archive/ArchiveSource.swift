import Foundation
import SemblanceCore

/// A backup as a source of catalogues.
public struct ArchiveSource: TransferSource {
    private static let pageSize = 256
    /// Absolute or not, without a slash at the end.
    private let folder: String
    private let manifest: ArchiveManifest
    private let threads = ThreadPool(name: "archive", threadCount: 1)

    /// Reads the manifest; the rest is looked at by `check` and as it is needed.
    /// - Throws: `TransferError`: `backup-unknown`, `backup-damaged`, `backup-newer-format`.
    public static func open(folder: String) async throws -> ArchiveSource {
        try ArchiveSource(folder: folder, manifest: ArchiveManifest.read(inFolder: folder))
    }

    private init(folder: String, manifest: ArchiveManifest) {
        self.folder = folder
        self.manifest = manifest
    }

    public func catalogues() async throws -> [TransferredCatalogue] {
        manifest.catalogues.map {
            TransferredCatalogue(
                name: $0.name, modelID: $0.model, createdAt: Date(microsecondsSince1970: $0.createdAt),
                filterableKeys: $0.filterableKeys,
                imageCount: $0.imageCount)
        }
    }

    public func keys() async throws -> [APIKey] {
        let path = folder + "/" + manifest.keys.path
        return try await threads.run {
            let input = try ArchiveInput(path: path)
            var keys: [APIKey] = []
            while let line = try input.nextLine() {
                keys.append(try JSONDecoder().decode(APIKey.self, from: Data(line)))
            }
            return keys
        }
    }

    public func pathOfOriginal(_ hash: ContentHash) -> String { ArchiveWriter.path(of: hash, inFolder: folder) }

    public func forEachPage(
        of catalogue: TransferredCatalogue, _ body: @Sendable ([ImageRecord]) async throws -> Void
    ) async throws {
        let entry = try entry(of: catalogue)
        let pages = try await threads.run { [folder] in try ArchivePages(entry, folder: folder) }
        while case let page = try await threads.run({ try pages.next(Self.pageSize) }), !page.isEmpty {
            try await body(page)
        }
    }

    public func forEachPageOfOriginals(
        of catalogue: TransferredCatalogue, _ body: @Sendable ([ContentHash]) async throws -> Void
    ) async throws {
        let entry = try entry(of: catalogue)
        let pages = try await threads.run { [folder] in try ArchivePages(entry, folder: folder) }
        while case let page = try await threads.run({ try pages.nextHashes(Self.pageSize) }), let page {
            try await body(page)
        }
    }

    private func entry(of catalogue: TransferredCatalogue) throws -> ArchiveManifest.Catalogue {
        guard let entry = manifest.catalogues.first(where: { $0.name == catalogue.name }) else {
            throw TransferError(.notABackup, "The backup has no catalogue '\(catalogue.name)'.")
        }
        return entry
    }

    // MARK: Checking

    /// Reads everything and compares it with its checksum.
    /// - Throws: `TransferError` with `backup-damaged`, naming what is damaged: at most ten files.
    public func check(reporting report: @escaping @Sendable (TransferProgress) -> Void = { _ in }) async throws {
        var damaged: [String] = []
        for part in manifest.parts {
            let path = folder + "/" + part.path
            let isWhole = try await threads.run {
                guard let (hash, count) = try? ArchiveInput.hash(of: path) else { return false }
                return hash == part.hash && count == part.byteCount
            }
            if !isWhole { damaged.append(part.path) }
        }
        // Which originals there should be is said by parts that are whole.
        if damaged.isEmpty { damaged = try await damagedOriginals(report) }
        guard !damaged.isEmpty else { return }
        let names = damaged.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
        let rest = damaged.count > 10 ? " and \(damaged.count - 10) more" : ""
        throw TransferError(.damaged, "The backup is damaged, and nothing was restored: \(names)\(rest).")
    }

    private func damagedOriginals(_ report: @escaping @Sendable (TransferProgress) -> Void) async throws -> [String] {
        let damaged = Collected()
        let checked = Counter()
        let total = manifest.catalogues.reduce(0) { $0 + $1.originalCount }
        for catalogue in try await catalogues() {
            try await forEachPageOfOriginals(of: catalogue) { hashes in
                try Task.checkCancellation()
                let names = try await threads.run { [folder] in
                    hashes.filter { hash in
                        (try? ArchiveInput.hash(of: ArchiveWriter.path(of: hash, inFolder: folder)).0) != hash
                    }.map { ArchiveWriter.relativePath(of: $0) }
                }
                damaged.append(names)
                report(TransferProgress(.checking, checked.add(hashes.count), of: total))
            }
        }
        return damaged.values
    }
}
