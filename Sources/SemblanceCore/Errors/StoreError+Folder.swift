import Foundation

extension CodedError<StoreErrorCode> {
    /// What the system says of a folder on another machine, or on a disk, that does not answer.
    ///
    /// - Parameter code: of `errno`.
    package static func isOfAbsentFolder(_ code: Int32) -> Bool {
        [
            EIO, ESTALE, ENOTCONN, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENODEV, EREMOTEIO,
        ].contains(code)
    }

    package static func folderUnavailable(underlying: (any Error)? = nil) -> Self {
        Self(
            .folderUnavailable,
            "The data folder cannot be reached at present; look at its disk or mount, then try again.",
            underlying: underlying)
    }
}
