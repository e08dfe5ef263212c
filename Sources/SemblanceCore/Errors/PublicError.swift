/// An error with a stable code and a sentence that a person can act on.
///
/// `message` is shown to users: it holds no secrets, no other user's paths and no text of a library.
/// `underlying` is for the log only.
public protocol PublicError: Error, CustomStringConvertible {
    associatedtype Code: RawRepresentable<String> & Hashable & Sendable

    /// What went wrong, from the stage that failed. Never parsed out of a library's message.
    var code: Code { get }
    /// One or two sentences: what was expected, what was found, what to do.
    var message: String { get }
    /// The cause, for logs.
    var underlying: (any Error)? { get }
}

extension PublicError {
    /// The code as it appears in the API, in `--json` and in logs: lower case with hyphens.
    public var publicCode: String { code.rawValue }
    public var description: String { message }
}
