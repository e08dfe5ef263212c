import SemblanceCore

/// What fetching an image by URL may reach, and how long it may take.
public struct FetchConfiguration: Hashable, Sendable {
    /// Whether private, loopback and other special addresses are allowed. Only for a network whose every server may
    /// be read by everyone who can use this program.
    public var allowsPrivateAddresses = false
    /// Special ranges that are allowed all the same.
    public var allowedNetworks: [IPNetwork] = []
    /// For the whole of a fetch, redirects and name look-ups included; more than zero.
    public var timeLimit: Duration = .seconds(30)
    /// For one attempt to connect, TLS included; more than zero.
    public var connectTimeLimit: Duration = .seconds(10)
    /// 0 to 20.
    public var maximumRedirectCount = 5

    public init() {}

    /// - Throws: `RequestError` with `invalid-query` for a value out of range.
    public func validate() throws(RequestError) {
        guard timeLimit > .zero, connectTimeLimit > .zero else {
            throw RequestError(.invalidQuery, "Expected time limits for fetching of more than 0 s.")
        }
        guard (0...20).contains(maximumRedirectCount) else {
            throw RequestError(.invalidQuery, "Expected 0 to 20 redirects, not \(maximumRedirectCount).")
        }
    }
}
