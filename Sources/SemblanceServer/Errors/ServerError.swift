import SemblanceCore

/// What only an HTTP server can refuse or fail at. Other errors come from the targets below.
public struct ServerError: PublicError {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case configuration = "server-configuration"
        case addressInUse = "address-in-use"
        case cannotBind = "cannot-bind"
        case keyNeeded = "key-needed"
        case methodNotAllowed = "method-not-allowed"
        case unsupportedMediaType = "unsupported-media-type"
        case foreignHost = "foreign-host"
        case foreignOrigin = "foreign-origin"
        case rateLimited = "rate-limited"
        case notReady = "not-ready"
        case stopping = "stopping"
    }

    public let code: Code
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }
}
