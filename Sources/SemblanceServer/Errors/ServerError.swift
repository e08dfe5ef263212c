import SemblanceCore

/// What only an HTTP server can refuse or fail at. Other errors come from the targets below.
public typealias ServerError = CodedError<ServerErrorCode>

public enum ServerErrorCode: String, Hashable, Sendable, CaseIterable {
    case configuration = "server-configuration"
    case addressInUse = "address-in-use"
    case cannotBind = "cannot-bind"
    case keyNeeded = "key-needed"
    case methodNotAllowed = "method-not-allowed"
    case unsupportedMediaType = "unsupported-media-type"
    case foreignHost = "foreign-host"
    case foreignOrigin = "foreign-origin"
    case rateLimited = "rate-limited"
    case bodyTooSlow = "body-too-slow"
    case notReady = "not-ready"
    case stopping = "stopping"
}
