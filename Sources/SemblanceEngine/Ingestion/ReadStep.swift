import SemblanceCore

/// Files become bytes and their hash.
struct ReadStep: IngestStep {
    var faultPoint: FaultPoint { .read }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        let maximum = context.engine.configuration.limits.maximumByteCount
        return try await context.onThread(batch) { batch in
            try batch.forEachOpen { item in
                guard let path = item.path else { return }
                if case .spooled = item.origin, !FileBytes.exists(path) {
                    // Spool files are removed when their rows are durable: an earlier attempt did this one.
                    item.outcome = .takenIn
                    return
                }
                let bytes = try FileBytes(reading: path, maximumByteCount: maximum)
                item.hash = bytes.withUnsafeBytes { ContentHash(hashing: $0) }
                if case .file(let file) = item.origin {
                    // As it is now: it may have changed since it was listed.
                    item.origin = .file(
                        SourceFile(
                            path: file.path, byteCount: Int64(bytes.count),
                            modifiedNanoseconds: bytes.modifiedNanoseconds))
                }
                item.bytes = bytes
                item.byteCount = bytes.count
            }
        }
    }
}
