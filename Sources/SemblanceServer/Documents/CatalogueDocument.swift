import SemblanceCore

/// A catalogue as the API shows it.
struct CatalogueDocument: JSONWritable {
    let catalogue: Catalogue
    let statistics: CatalogueStatistics
    /// Embeddings of each model version; `nil` leaves out these and the bytes.
    var embeddings: [EmbeddingCount]?

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", catalogue.name)
            $0.member("model", catalogue.modelID)
            $0.member("created_at", catalogue.createdAt)
            $0.member("image_count", statistics.imageCount)
            $0.member("filterable_keys", catalogue.filterableKeys)
            guard let embeddings else { return }
            $0.member("byte_count", statistics.byteCount)
            $0.member("embedding_counts") { writer in
                for (model, count) in statistics.embeddingCounts.sorted(by: { $0.key < $1.key }) {
                    writer.member(model, count)
                }
            }
            $0.member("embedding_versions", embeddings.map { EmbeddingCountDocument(entry: $0) })
        }
    }
}

/// Embeddings of one model version, as the API shows them.
struct EmbeddingCountDocument: JSONWritable {
    let entry: EmbeddingCount

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("model", entry.space.model.modelID)
            $0.member("version", entry.space.model.digest)
            $0.member("dimension", entry.space.model.dimension)
            $0.member("count", entry.count)
        }
    }
}
