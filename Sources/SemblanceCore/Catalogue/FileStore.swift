/// Originals and thumbnails, named by content hash and never by the client.
///
/// Calls may block: run them off the cooperative pool. Errors are `StoreError`.
public protocol FileStore: Sendable {
    /// Takes in a spooled file as the original with this hash: durable after `synchronise()`. Idempotent.
    /// The file is linked when the file system allows it, else copied; the spool file itself stays until
    /// `removeSpooled`, so that a job that is interrupted before its rows are durable can start over.
    func store(spooled path: String, as hash: ContentHash) throws
    /// Removes a spool file. A file that is not there is not an error.
    func removeSpooled(_ path: String) throws
    /// Removes what a killed process left half written.
    /// - Parameter age: files that were written to since then stay: where others share the folder, they may be at it.
    func removePartials(olderThan age: Duration) throws
    /// Every spool file, to find those that no unfinished job names.
    /// - Parameter age: those that were not written to for so long.
    func spooledPaths(olderThan age: Duration) throws -> [String]
    /// Copies a user's file in: durable after `synchronise()`. Idempotent.
    /// - Throws: `ImageError` with `image-unreadable` if the file cannot be read, or has other bytes by now: that is
    ///   the file's fault, not the store's.
    func store(copying path: String, as hash: ContentHash) throws
    /// Makes everything that was stored before durable. Once for a batch, before its rows are added: flushing files
    /// one by one takes ten times as long.
    func synchronise() throws
    /// Originals whose hash begins with this byte: a 256th of all. Nothing says that a row names them.
    func storedHashes(startingWith byte: UInt8) throws -> [ContentHash]
    /// The path of a stored original, whether it exists or not.
    func path(of hash: ContentHash) -> String
    /// Removes an original and its thumbnail. A file that is not there is not an error.
    func remove(_ hash: ContentHash) throws
    /// A new private path for an upload, in the same file system as the originals.
    func makeSpoolPath() throws -> String
    /// A cached thumbnail's path, or `nil` if it has not been made yet.
    func thumbnailPath(of hash: ContentHash) -> String?
    /// Caches a thumbnail (WebP bytes) and returns its path. Readers never see half of it.
    func storeThumbnail(_ bytes: [UInt8], of hash: ContentHash) throws -> String
}

extension FileStore {
    /// Every spool file.
    public func spooledPaths() throws -> [String] { try spooledPaths(olderThan: .zero) }
}
