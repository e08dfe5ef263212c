import SemblanceCore

/// A catalogue as the API shows it.
struct CatalogueDocument: JSONWritable {
    let catalogue: Catalogue
    let statistics: CatalogueStatistics
    /// Whether bytes and embeddings are shown too.
    let isDetailed: Bool

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", catalogue.name)
            $0.member("model", catalogue.modelID)
            $0.member("created_at", catalogue.createdAt)
            $0.member("image_count", statistics.imageCount)
            guard isDetailed else { return }
            $0.member("byte_count", statistics.byteCount)
            $0.member("embedding_counts") { writer in
                for (model, count) in statistics.embeddingCounts.sorted(by: { $0.key < $1.key }) {
                    writer.member(model, count)
                }
            }
        }
    }
}
