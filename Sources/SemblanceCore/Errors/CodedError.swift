/// An error of one area of the program: `Code` says which area and what can go wrong there.
///
/// Every area has the same three parts, so they are written once; `ImageError`, `ModelError` and the others are names
/// for it with the codes of their area.
public struct CodedError<Code: RawRepresentable<String> & Hashable & Sendable>: PublicError {
    public let code: Code
    public let message: String
    public let underlying: (any Error)?

    /// - Parameters:
    ///   - message: shown to users: what was expected, what was found, what to do.
    ///   - underlying: the cause, for logs only.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }
}
