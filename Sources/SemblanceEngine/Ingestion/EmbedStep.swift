import SemblanceCore

/// Pixels become embeddings, all of a batch at once.
struct EmbedStep: IngestStep {
    var faultPoint: FaultPoint { .embedded }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        let embedder = try await context.model.embedder
        return try await context.onThread(batch) { batch in
            let open = batch.items.indices.filter { batch.items[$0].outcome == nil && batch.items[$0].decoded != nil }
            guard !open.isEmpty else { return }
            if let embeddings = try? embedder.embed(open.map { batch.items[$0].decoded!.prepared }) {
                for (index, embedding) in zip(open, embeddings) { batch.items[index].embedding = embedding }
                return
            }
            // One image may have spoilt the batch: each for itself, so that only it fails.
            try batch.forEachOpen { item in
                guard let decoded = item.decoded else { return }
                item.embedding = try embedder.embed([decoded.prepared])[0]
            }
        }
    }
}
