import Foundation
import SemblanceCore

/// Brings catalogues, originals and keys from a store or a backup into a store, and proves that they arrived.
///
/// 1. Every original is copied; its hash is checked on the way. Nothing refers to it yet.
/// 2. Images are added, page by page. Doing so twice changes nothing: a transfer that was interrupted goes on.
/// 3. Every image is read back and compared, embeddings too; catalogues hold as many images as they should.
///
/// Jobs stay behind: those that ended are history, and those that did not have their uploads in the other spool.
public struct CatalogueTransfer: Sendable {
    let source: any TransferSource
    let destination: TransferStores
    /// Whether catalogues may hold images already, from an earlier transfer that was interrupted.
    let continues: Bool
    let threads = ThreadPool(name: "transfer", threadCount: 1)
    let report: @Sendable (TransferProgress) -> Void

    public init(
        from source: any TransferSource, to destination: TransferStores, continues: Bool = false,
        reporting report: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        self.source = source
        self.destination = destination
        self.continues = continues
        self.report = report
    }

    /// - Throws: `TransferError`, `StoreError`.
    public func run() async throws -> TransferReport {
        defer { threads.shutDown() }
        let catalogues = try await source.catalogues()
        for catalogue in catalogues where !continues { try await refuseTaken(catalogue) }
        var result = TransferReport()
        result.originals = try await copyOriginals(of: catalogues)
        for catalogue in catalogues {
            try await add(catalogue)
            result.catalogues += 1
            result.images += catalogue.imageCount
        }
        result.keys = try await addKeys()
        for catalogue in catalogues { try await verify(catalogue) }
        return result
    }

    private func refuseTaken(_ catalogue: TransferredCatalogue) async throws {
        guard let present = try await destination.catalogues.catalogueIfKnown(named: catalogue.name) else { return }
        let count = try await destination.catalogues.imageCount(in: present.id, matching: nil)
        guard count > 0 else { return }
        throw TransferError(
            .catalogueTaken,
            "The destination has a catalogue '\(catalogue.name)' with \(count) images already. Remove it there first, or "
                + "give --continue if an earlier run was interrupted.")
    }

    // MARK: Originals

    private func copyOriginals(of catalogues: [TransferredCatalogue]) async throws -> Int {
        var count = 0
        let total = catalogues.reduce(0) { $0 + $1.imageCount }
        for catalogue in catalogues {
            let copied = Counter()
            try await source.forEachPageOfOriginals(of: catalogue) { hashes in
                try Task.checkCancellation()
                try await copy(hashes)
                report(TransferProgress(.originals, copied.add(hashes.count), of: total))
            }
            count += copied.value
        }
        let files = destination.files
        if count > 0 { try await threads.run { try files.synchronise() } }
        return count
    }

    private func copy(_ hashes: [ContentHash]) async throws {
        let (source, files) = (self.source, destination.files)
        try await threads.run {
            for hash in hashes {
                let path = source.pathOfOriginal(hash)
                // Both on one shared folder.
                if path == files.path(of: hash) { continue }
                do {
                    try files.store(copying: path, as: hash)
                } catch let error as ImageError {
                    throw TransferError(
                        .damaged, "The original '\(path)' is missing or damaged; nothing was added to the destination.",
                        underlying: error)
                }
            }
        }
    }

    // MARK: Images

    private func add(_ catalogue: TransferredCatalogue) async throws {
        let stores = destination.catalogues
        let made = try await stores.catalogueIfKnown(named: catalogue.name)
        let present: Catalogue
        if let made {
            present = made
        } else {
            present = try await stores.createCatalogue(
                named: catalogue.name, modelID: catalogue.modelID, filterableKeys: catalogue.filterableKeys)
        }
        if present.filterableKeys != catalogue.filterableKeys {
            try await stores.setFilterableKeys(catalogue.filterableKeys, of: present.id)
        }
        if present.modelID != catalogue.modelID { try await stores.setModel(catalogue.modelID, of: present.id) }
        let (added, insertion) = (Counter(), RecordInsertion(into: present, of: stores))
        try await source.forEachPage(of: catalogue) { records in
            try Task.checkCancellation()
            try await insertion.insert(records)
            report(TransferProgress(.images, added.add(records.count), of: catalogue.imageCount))
        }
        try await insertion.finish()
        try await stores.setCreationTime(catalogue.createdAt, of: present.id)
    }

    /// Keys that are there already stay as they are.
    private func addKeys() async throws -> Int {
        let keys = try await source.keys()
        for key in keys where try await destination.keys.key(withSecretHash: key.secretHash) == nil {
            try await destination.keys.insert(key)
        }
        return keys.count
    }
}

extension CatalogueStore {
    func catalogueIfKnown(named name: String) async throws -> Catalogue? {
        do {
            return try await catalogue(named: name)
        } catch let error as StoreError where error.code == .unknownCatalogue {
            return nil
        }
    }
}
