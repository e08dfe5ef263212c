import SemblanceCore

extension InMemoryCatalogueStore {
    public func images(
        lacking space: EmbeddingSpace, after cursor: CatalogueImage.ID?, limit: Int
    ) -> [CatalogueImage] {
        let embedded = embeddingRows[space] ?? [:]
        let all = images(in: space.catalogueID, matching: nil, after: cursor, limit: .max)
        return Array(all.filter { embedded[$0.id] == nil }.prefix(limit))
    }

    public func addEmbeddings(
        _ embeddings: [(CatalogueImage.ID, Embedding)], to space: EmbeddingSpace
    ) throws -> [CatalogueImage.ID] {
        try requireCatalogue(space.catalogueID)
        if let wrong = embeddings.map(\.1.dimension).first(where: { $0 != space.model.dimension }) {
            throw StoreError(.failed, "expected \(space.model.dimension) dimensions, not \(wrong)")
        }
        var added: [CatalogueImage.ID] = []
        for (id, embedding) in embeddings {
            guard imageRows[id]?.catalogueID == space.catalogueID, embeddingRows[space]?[id] == nil else { continue }
            embeddingRows[space, default: [:]][id] = embedding
            added.append(id)
        }
        return added
    }

    public func switchModel(from previous: String, to space: EmbeddingSpace) throws -> ModelSwitch {
        let catalogue = try requireCatalogue(space.catalogueID)
        guard [previous, space.model.modelID].contains(catalogue.modelID) else {
            return .changedMeanwhile(modelID: catalogue.modelID)
        }
        let lackingCount = images(lacking: space, after: nil, limit: .max).count
        guard lackingCount == 0 else { return .lacking(lackingCount) }
        try setModel(space.model.modelID, of: space.catalogueID)
        return .switched
    }

    public func embeddingCounts(in catalogue: Catalogue.ID) -> [EmbeddingCount] {
        embeddingRows.filter { $0.key.catalogueID == catalogue && !$0.value.isEmpty }
            .map { EmbeddingCount(space: $0.key, count: $0.value.count) }
            .sorted {
                ($0.space.model.modelID, $0.space.model.digest) < ($1.space.model.modelID, $1.space.model.digest)
            }
    }

    public func deleteEmbeddings(in space: EmbeddingSpace, limit: Int) -> Bool {
        let deleted = (embeddingRows[space] ?? [:]).keys.prefix(limit)
        for id in deleted { embeddingRows[space]?[id] = nil }
        guard embeddingRows[space]?.isEmpty ?? true else { return true }
        embeddingRows[space] = nil
        return false
    }
}
