import SemblanceCore

/// Adds images of another store to a catalogue.
struct RecordInsertion: Sendable {
    private let catalogue: Catalogue
    private let stores: any CatalogueStore
    /// `CatalogueStore.add` makes no image without an embedding. One that has none at its source, for want of its
    /// original, gets one in a space of its own, which is deleted at the end.
    private static let placeholder = ModelVersion(modelID: "none", digest: "none", dimension: 1)

    init(into catalogue: Catalogue, of stores: any CatalogueStore) {
        self.catalogue = catalogue
        self.stores = stores
    }

    func insert(_ records: [ImageRecord]) async throws {
        var rest = records[...]
        // Images get their numbers in the order they have at the source.
        while let first = rest.first {
            let model = Self.firstModel(of: first)
            let run = rest.prefix { Self.firstModel(of: $0) == model }
            try await insert(run, embeddedBy: model)
            rest = rest.dropFirst(run.count)
        }
    }

    /// Call when all are inserted.
    func finish() async throws {
        let space = EmbeddingSpace(catalogueID: catalogue.id, model: Self.placeholder)
        let hasSome = try await stores.embeddingCounts(in: catalogue.id).contains { $0.space == space }
        guard hasSome else { return }
        while try await stores.deleteEmbeddings(in: space, limit: 10_000) { try Task.checkCancellation() }
    }

    private static func firstModel(of record: ImageRecord) -> ModelVersion {
        record.embeddings.first?.model ?? placeholder
    }

    private func insert(_ run: ArraySlice<ImageRecord>, embeddedBy model: ModelVersion) async throws {
        let space = EmbeddingSpace(catalogueID: catalogue.id, model: model)
        let added = try await stores.add(run.map(Self.newImage), to: space)
        let pairs = zip(run, added.map(\.id))
        for other in Set(run.flatMap { $0.embeddings.dropFirst().map(\.model) }) {
            let embeddings = pairs.compactMap { record, id in
                record.embeddings.first { $0.model == other }.map { (id, $0.embedding) }
            }
            _ = try await stores.addEmbeddings(
                embeddings, to: EmbeddingSpace(catalogueID: catalogue.id, model: other))
        }
        let sources = pairs.flatMap { record, id in Self.orderedSources(of: record).map { ($0, id) } }
        if !sources.isEmpty { try await stores.recordSources(sources, in: catalogue.id) }
        try await stores.setCreationTimes(pairs.map { ($1, $0.image.createdAt) })
    }

    private static func newImage(_ record: ImageRecord) -> NewImage {
        let image = record.image
        return NewImage(
            hash: image.hash, name: image.name, location: image.location, header: image.header,
            byteCount: image.byteCount, metadata: image.metadata,
            embedding: record.embeddings.first?.embedding ?? Embedding(unit: [1]))
    }

    /// The place where the image is comes first: it would move to another source that is recorded before.
    private static func orderedSources(of record: ImageRecord) -> [SourceFile] {
        guard case .inPlace(let path) = record.image.location else { return record.sources }
        let isPlace = { (file: SourceFile) in file.path.utf8.elementsEqual(path.utf8) }
        return record.sources.filter(isPlace) + record.sources.filter { !isPlace($0) }
    }
}
