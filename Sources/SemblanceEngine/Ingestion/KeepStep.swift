import SemblanceCore

/// Originals that must be stored are made durable before their rows are.
struct KeepStep: IngestStep {
    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        let (files, copies, claims) = (context.engine.files, context.copies, context.engine.claims)
        return try await context.onThread(batch) { batch in
            var hasStored = false
            try batch.forEachOpen { item in
                guard let hash = item.hash, item.embedding != nil else { return }
                if copies {
                    claims.claim(hash)
                    item.isOriginalClaimed = true
                }
                switch item.origin {
                case .spooled(let path):
                    try files.store(spooled: path, as: hash)
                    hasStored = true
                case .file(let file) where copies:
                    try files.store(copying: file.path, as: hash)
                    hasStored = true
                case .file, .url: break
                }
                // The pixels are not needed any more; the header is.
                if let decoded = item.decoded {
                    item.decoded = DecodedImage(
                        header: decoded.header, prepared: PreparedImage(width: 0, height: 0, pixels: []))
                }
            }
            if hasStored { try files.synchronise() }
        }
    }
}
