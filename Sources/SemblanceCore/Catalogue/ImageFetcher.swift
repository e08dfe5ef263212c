/// Fetches an image that a user named by URL, guarding the network this program runs in.
public protocol ImageFetcher: Sendable {
    /// Streams the body into a new file at `path`.
    /// - Returns: the last component of the URL's path, as a name for the image.
    /// - Throws: `ImageError`: `image-fetch-refused` for an address that is not allowed,
    ///   `image-too-many-bytes`, `image-fetch-failed`.
    func fetch(_ url: String, to path: String, maximumByteCount: Int) async throws -> String
}
