import SemblanceCore

/// Bytes become the pixels that the model wants.
struct DecodeStep: IngestStep {
    var faultPoint: FaultPoint { .decoded }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        let reader = context.engine.dependencies.reader
        let preprocessing = context.model.preprocessing
        return try await context.onThread(batch) { batch in
            try batch.forEachOpen { item in
                guard let bytes = item.bytes else { return }
                // The last step that needs them.
                item.bytes = nil
                item.decoded = try bytes.withUnsafeBytes {
                    try reader.prepare($0, for: preprocessing, region: nil)
                }
            }
        }
    }
}
