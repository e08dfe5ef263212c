/// Originals that ingestion has stored, or found stored, and whose rows are not written yet.
///
/// A deletion takes three steps: it deletes rows, learns which files nobody needs then, and removes those. An ingestion
/// that finds such a file stored, in between, must keep it: its row would come to stand without a file. So ingestion
/// claims a file before it looks for it and releases it when the row is there, and a deletion leaves alone what is
/// claimed, and what was released while it ran: that row may have been written after it looked. At worst a file stays
/// that nobody needs.
///
/// Where several processes share the files, claims are theirs together. Calls do not block the cooperative pool.
public protocol OriginalClaims: Sendable {
    func claim(_ hashes: [ContentHash]) async throws
    /// Gives back what was claimed. What is never given back, because its process died, keeps its file for some time.
    func release(_ hashes: [ContentHash]) async
    /// Deletes rows, and then the files that nobody needs any more.
    /// - Parameters:
    ///   - deletion: deletes rows; returns the hashes of stored files that no row names.
    ///   - threads: for work that blocks.
    ///   - removal: removes a file, while nobody can claim it. Blocks.
    func remove(
        after deletion: @Sendable () async throws -> [ContentHash], on threads: ThreadPool,
        by removal: @escaping @Sendable (ContentHash) throws -> Void
    ) async throws
}
