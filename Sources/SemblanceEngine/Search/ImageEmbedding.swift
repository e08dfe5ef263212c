import SemblanceCore

/// Embeds single images, off the cooperative pool.
public struct ImageEmbedding: Sendable {
    private let reader: any ImageReader
    private let limits: DecodingLimits
    private let threads: ThreadPool

    public init(reader: any ImageReader, limits: DecodingLimits, threads: ThreadPool) {
        self.reader = reader
        self.limits = limits
        self.threads = threads
    }

    /// Embeds an image file's bytes.
    /// - Throws: `ImageError`, `ModelError`; `RequestError` with `overloaded` if too many are waiting.
    public func embed(_ bytes: [UInt8], region: Region?, with embedder: any Embedder) async throws -> Embedding {
        let reader = self.reader
        return try await threads.run {
            let decoded = try bytes.withUnsafeBytes {
                try reader.prepare($0, for: embedder.preprocessing, region: region)
            }
            return try embedder.embed([decoded.prepared])[0]
        }
    }

    /// Embeds an image file.
    public func embed(fileAt path: String, region: Region?, with embedder: any Embedder) async throws -> Embedding {
        try await embed(fileAt: path, region: region, with: embedder) { _ in }
    }

    /// - Parameter check: looks at the bytes before they are decoded.
    func embed(
        fileAt path: String, region: Region?, with embedder: any Embedder,
        check: @escaping @Sendable (FileBytes) throws -> Void
    ) async throws -> Embedding {
        let (reader, limits) = (self.reader, self.limits)
        return try await threads.run {
            let bytes = try FileBytes(reading: path, maximumByteCount: limits.maximumByteCount)
            try check(bytes)
            let decoded = try bytes.withUnsafeBytes {
                try reader.prepare($0, for: embedder.preprocessing, region: region)
            }
            return try embedder.embed([decoded.prepared])[0]
        }
    }
}
