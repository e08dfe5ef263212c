import SemblanceCore

/// Originals of images that the catalogue has become bytes, if they are still what they were.
struct OriginalStep: IngestStep {
    var faultPoint: FaultPoint { .read }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        let engine = context.engine
        let maximum = engine.configuration.limits.maximumByteCount
        return try await context.onThread(batch) { batch in
            try batch.forEachOpen { item in
                guard let image = item.image else { return }
                do {
                    let bytes = try FileBytes(
                        reading: try engine.originalPath(of: image), maximumByteCount: maximum)
                    try Engine.check(bytes, are: image)
                    item.bytes = bytes
                } catch let error as StoreError where error.code == .fileMissing {
                    // This image's trouble, not the store's.
                    item.fail(error)
                }
            }
        }
    }
}
