import SemblanceCore

/// Files become bytes and their hash.
struct ReadStep: IngestStep {
    var faultPoint: FaultPoint { .read }

    func run(_ batch: IngestBatch, in context: IngestContext) async throws -> IngestBatch {
        let maximum = context.engine.configuration.limits.maximumByteCount
        return try await context.onThread(batch) { batch in
            try batch.forEachOpen { item in
                guard let path = item.path else { return }
                if case .spooled = item.origin, try FileBytes.isGoneFromSpool(path) {
                    // Spool files are removed when their rows are durable: an earlier attempt did this one.
                    item.outcome = .takenIn
                    return
                }
                let bytes = try Self.read(path, of: item.origin, maximumByteCount: maximum)
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

    private static func read(
        _ path: String, of origin: IngestItem.Origin, maximumByteCount: Int
    ) throws -> FileBytes {
        do { return try FileBytes(reading: path, maximumByteCount: maximumByteCount) } catch let error as ImageError
            where error.code == .unreadable
        {
            guard case .spooled = origin else { throw error }
            // Where the folder is away, no picture is at fault; where it is not, a second look tells one that is.
            try FileBytes.requireFolder(of: path)
            return try FileBytes(reading: path, maximumByteCount: maximumByteCount)
        }
    }
}
