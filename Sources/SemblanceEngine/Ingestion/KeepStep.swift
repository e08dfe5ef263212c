import SemblanceCore

/// Originals that are to be stored go into the file store; the writer makes them durable before their rows.
struct KeepStep: IngestStep {
    var faultPoint: FaultPoint { .kept }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        // Originals that stay where they are need no thread.
        guard context.copies else { return withoutPixels(batch) }
        let (files, claims) = (context.engine.files, context.engine.claims)
        let kept = try await context.onThread(batch) { batch in
            try batch.forEachOpen { item in
                guard let hash = item.hash, item.embedding != nil else { return }
                claims.claim(hash)
                item.isOriginalClaimed = true
                switch item.origin {
                case .spooled(let path): try files.store(spooled: path, as: hash)
                case .file(let file): try files.store(copying: file.path, as: hash)
                case .url: break
                }
            }
        }
        return withoutPixels(kept)
    }

    /// The pixels are not needed any more; the header is.
    private func withoutPixels(_ batch: IngestBatch) -> IngestBatch {
        var batch = batch
        for index in batch.items.indices {
            guard let header = batch.items[index].decoded?.header else { continue }
            batch.items[index].decoded = DecodedImage(
                header: header, prepared: PreparedImage(width: 0, height: 0, pixels: []))
        }
        return batch
    }
}
