import SemblanceCore

/// Originals that are to be stored go into the file store; the writer makes them durable before their rows.
struct KeepStep: IngestStep {
    var faultPoint: FaultPoint { .kept }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        // Originals that stay where they are need no thread.
        guard context.copies else { return withoutPixels(batch) }
        let files = context.engine.files
        let claimed = try await claimingOriginals(of: batch, in: context)
        let kept = try await context.onThread(claimed) { batch in
            try batch.forEachOpen { item in
                guard let hash = item.hash, item.isOriginalClaimed else { return }
                switch item.origin {
                case .spooled(let path):
                    do { try files.store(spooled: path, as: hash) } catch let error as StoreError
                        where error.code == .fileMissing
                    {
                        guard try FileBytes.isGoneFromSpool(path) else { throw error }
                        // A worker that had lost the job took it in after this one had read it.
                        item.outcome = .takenIn
                    }
                case .file(let file): try files.store(copying: file.path, as: hash)
                case .url: break
                }
            }
        }
        return withoutPixels(kept)
    }

    /// Before anybody looks for the files.
    private func claimingOriginals(of batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        var batch = batch
        var hashes: [ContentHash] = []
        for index in batch.items.indices {
            let item = batch.items[index]
            guard item.outcome == nil, item.embedding != nil, let hash = item.hash else { continue }
            batch.items[index].isOriginalClaimed = true
            hashes.append(hash)
        }
        if !hashes.isEmpty { try await context.engine.claims.claim(hashes) }
        return batch
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
