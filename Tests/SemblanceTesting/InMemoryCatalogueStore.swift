import Foundation
import SemblanceCore

/// A catalogue store without a database: the plainest reading of the protocol, to test others against.
public actor InMemoryCatalogueStore: CatalogueStore {
    struct SourceKey: Hashable {
        let catalogue: Catalogue.ID
        /// Bytes, since strings that only look alike are equal in Swift.
        private let bytes: [UInt8]

        init(catalogue: Catalogue.ID, path: String) {
            self.catalogue = catalogue
            bytes = Array(path.utf8)
        }

        var path: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// What happens at certain points of a call, for tests that need a store to wait, to fail or to be crossed.
    public struct Interference: Sendable {
        /// Before images are added; what it throws is what `add` throws.
        public var beforeAdding: (@Sendable () async throws -> Void)?
        /// When images have been deleted, before `deleteImages` returns.
        public var afterDeleting: (@Sendable () async throws -> Void)?
        /// When hashes are asked for by `known`.
        public var onAsking: (@Sendable (_ hashCount: Int) -> Void)?

        public init() {}
    }

    public var interference = Interference()

    public func interfere(_ change: @Sendable (inout Interference) -> Void) { change(&interference) }

    struct Source {
        var file: SourceFile
        var image: CatalogueImage.ID
    }

    var catalogueRows: [Catalogue.ID: Catalogue] = [:]
    var imageRows: [CatalogueImage.ID: CatalogueImage] = [:]
    var idsByHash: [Catalogue.ID: [ContentHash: CatalogueImage.ID]] = [:]
    var embeddingRows: [EmbeddingSpace: [CatalogueImage.ID: Embedding]] = [:]
    var sources: [SourceKey: Source] = [:]
    private var lastCatalogue: Int64 = 0
    private var lastImage: Int64 = 0

    public init() {}

    // MARK: Catalogues

    public func createCatalogue(named name: String, modelID: String, filterableKeys: [String]) throws -> Catalogue {
        guard !catalogueRows.values.contains(where: { $0.name == name }) else {
            throw StoreError(.catalogueExists, "There is a catalogue '\(name)' already.")
        }
        lastCatalogue += 1
        let id = Catalogue.ID(rawValue: lastCatalogue)
        let catalogue = Catalogue(
            id: id, name: name, modelID: modelID, createdAt: Date(), filterableKeys: filterableKeys)
        catalogueRows[id] = catalogue
        return catalogue
    }

    public func catalogue(named name: String) throws -> Catalogue {
        guard let catalogue = catalogueRows.values.first(where: { $0.name == name }) else {
            throw StoreError(.unknownCatalogue, "There is no catalogue '\(name)'.")
        }
        return catalogue
    }

    public func catalogues() -> [Catalogue] {
        catalogueRows.values.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    public func deleteCatalogue(_ id: Catalogue.ID) throws -> [ContentHash] {
        try requireCatalogue(id)
        let orphans = delete(imageRows.values.filter { $0.catalogueID == id }.map(\.id))
        catalogueRows[id] = nil
        idsByHash[id] = nil
        return orphans
    }

    public func setModel(_ modelID: String, of id: Catalogue.ID) throws {
        let catalogue = try requireCatalogue(id)
        catalogueRows[id] = Catalogue(
            id: id, name: catalogue.name, modelID: modelID, createdAt: catalogue.createdAt,
            filterableKeys: catalogue.filterableKeys)
    }

    public func setFilterableKeys(_ keys: [String], of id: Catalogue.ID) throws {
        let catalogue = try requireCatalogue(id)
        catalogueRows[id] = Catalogue(
            id: id, name: catalogue.name, modelID: catalogue.modelID, createdAt: catalogue.createdAt,
            filterableKeys: keys)
    }

    public func statistics(of id: Catalogue.ID) throws -> CatalogueStatistics {
        try requireCatalogue(id)
        let images = imageRows.values.filter { $0.catalogueID == id }
        var embedded: [String: Set<CatalogueImage.ID>] = [:]
        for (space, rows) in embeddingRows where space.catalogueID == id && !rows.isEmpty {
            embedded[space.model.modelID, default: []].formUnion(rows.keys)
        }
        return CatalogueStatistics(
            imageCount: images.count, byteCount: images.reduce(0) { $0 + $1.byteCount },
            embeddingCounts: embedded.mapValues(\.count))
    }

    // MARK: Images

    public func add(_ images: [NewImage], to space: EmbeddingSpace) async throws -> [AddedImage] {
        try await interference.beforeAdding?()
        try requireCatalogue(space.catalogueID)
        if let wrong = images.map(\.embedding.dimension).first(where: { $0 != space.model.dimension }) {
            throw StoreError(.failed, "expected \(space.model.dimension) dimensions, not \(wrong)")
        }
        return images.map { add($0, to: space) }
    }

    private func add(_ image: NewImage, to space: EmbeddingSpace) -> AddedImage {
        let id = idsByHash[space.catalogueID]?[image.hash] ?? nextImageID()
        let present = imageRows[id]
        imageRows[id] = CatalogueImage(
            id: id, catalogueID: space.catalogueID, hash: image.hash, name: present?.name ?? image.name,
            location: present.map { image.location(after: $0.location) } ?? image.location,
            header: present?.header ?? image.header, byteCount: present?.byteCount ?? image.byteCount,
            metadata: merged(present?.metadata, image.metadata),
            createdAt: present?.createdAt ?? Date())
        idsByHash[space.catalogueID, default: [:]][image.hash] = id
        let isNew = embeddingRows[space]?[id] == nil
        if isNew { embeddingRows[space, default: [:]][id] = image.embedding }
        if let source = image.source { record(source, of: id, in: space.catalogueID) }
        return AddedImage(id: id, isNewEmbedding: isNew)
    }

    public func image(_ hash: ContentHash, in catalogue: Catalogue.ID) throws -> CatalogueImage {
        guard let id = idsByHash[catalogue]?[hash], let image = imageRows[id] else {
            throw StoreError(.unknownImage, "The catalogue has no image \(hash).")
        }
        return image
    }

    public func images(_ ids: [CatalogueImage.ID]) -> [CatalogueImage] {
        Set(ids).compactMap { imageRows[$0] }
    }

    public func images(
        in catalogue: Catalogue.ID, matching filter: MetadataFilter?, after cursor: CatalogueImage.ID?, limit: Int
    ) -> [CatalogueImage] {
        let after = cursor?.rawValue ?? 0
        let rows = imageRows.values.filter {
            $0.catalogueID == catalogue && $0.id.rawValue > after && (filter?.matches($0.metadata) ?? true)
        }
        return Array(rows.sorted { $0.id < $1.id }.prefix(limit))
    }

    public func imageCount(in catalogue: Catalogue.ID, matching filter: MetadataFilter?) -> Int {
        images(in: catalogue, matching: filter, after: nil, limit: .max).count
    }

    public func hashes(startingWith digits: String, in catalogue: Catalogue.ID, limit: Int) -> [ContentHash] {
        guard !digits.isEmpty else { return [] }
        let found = (idsByHash[catalogue] ?? [:]).keys.filter { $0.hexadecimal.hasPrefix(digits) }
        return Array(found.sorted().prefix(limit))
    }

    public func mergeMetadata(_ patches: [MetadataPatch]) -> [MetadataRefusal] {
        var refusals: [MetadataRefusal] = []
        for (position, change) in patches.enumerated() {
            guard let image = imageRows[change.image] else { continue }
            let merged = image.metadata.merging(patch: change.patch)
            do throws(RequestError) {
                try Metadata.validate(merged)
                imageRows[change.image] = image.with(metadata: merged)
            } catch {
                refusals.append(MetadataRefusal(position: position, error: error))
            }
        }
        return refusals
    }

    /// What an image has when it was added again; too much is not taken.
    private func merged(_ present: JSONValue?, _ patch: JSONValue) -> JSONValue {
        let merged = (present ?? .object([:])).merging(patch: patch)
        guard let present, (try? Metadata.validate(merged)) == nil else { return merged }
        return present
    }

    public func deleteImages(_ ids: [CatalogueImage.ID]) async throws -> [ContentHash] {
        let orphans = delete(ids)
        try await interference.afterDeleting?()
        return orphans
    }

    public func unused(_ hashes: [ContentHash]) -> [ContentHash] {
        let stored = Set(imageRows.values.filter { $0.location == .stored }.map(\.hash))
        return hashes.filter { !stored.contains($0) }
    }

    private func delete(_ ids: [CatalogueImage.ID]) -> [ContentHash] {
        let deleted = Set(ids).compactMap { imageRows.removeValue(forKey: $0) }
        let gone = Set(deleted.map(\.id))
        for image in deleted { idsByHash[image.catalogueID]?[image.hash] = nil }
        for space in embeddingRows.keys {
            embeddingRows[space] = embeddingRows[space]?.filter { !gone.contains($0.key) }
        }
        sources = sources.filter { !gone.contains($0.value.image) }
        let stillStored = Set(imageRows.values.filter { $0.location == .stored }.map(\.hash))
        let stillThere = Set(imageRows.values.map(\.hash))
        // An image left in place has a thumbnail among the stored files.
        let orphans = deleted.filter {
            $0.location == .stored ? !stillStored.contains($0.hash) : !stillThere.contains($0.hash)
        }
        return Array(Set(orphans.map(\.hash)))
    }

    @discardableResult
    func requireCatalogue(_ id: Catalogue.ID) throws -> Catalogue {
        guard let catalogue = catalogueRows[id] else {
            throw StoreError(.unknownCatalogue, "The catalogue is not there any more.")
        }
        return catalogue
    }

    private func nextImageID() -> CatalogueImage.ID {
        lastImage += 1
        return CatalogueImage.ID(rawValue: lastImage)
    }
}

extension CatalogueImage {
    func with(metadata: JSONValue? = nil, location: Location? = nil) -> CatalogueImage {
        CatalogueImage(
            id: id, catalogueID: catalogueID, hash: hash, name: name, location: location ?? self.location,
            header: header, byteCount: byteCount, metadata: metadata ?? self.metadata, createdAt: createdAt)
    }
}
