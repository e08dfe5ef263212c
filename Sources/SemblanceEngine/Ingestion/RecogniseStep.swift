import SemblanceCore

/// Bytes that the catalogue has already, embedded by this model, need no more work; unless their original is to be
/// stored and is not.
struct RecogniseStep: IngestStep {
    var faultPoint: FaultPoint { .recognised }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        let hashes = batch.items.filter { $0.outcome == nil }.compactMap(\.hash)
        guard !hashes.isEmpty else { return batch }
        let known = try await context.engine.store.known(hashes, in: context.space)
        guard !known.isEmpty else { return batch }
        var batch = batch
        for index in batch.items.indices where batch.items[index].outcome == nil {
            guard let hash = batch.items[index].hash, let image = known[hash], image.hasEmbedding else { continue }
            guard image.isStored || !context.copies else {
                batch.items[index].imageInPlace = image.id
                continue
            }
            batch.items[index].outcome = .known(image.id)
            batch.items[index].bytes = nil
        }
        return batch
    }
}
