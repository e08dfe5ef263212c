import Foundation
import GRDB
import SemblanceCore

extension StoreError {
    /// Says what went wrong in SQLite by its result code.
    init(wrapping error: any Error, inFolder folder: String) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.failed, "The database could not do what was asked; the log has more.", underlying: error)
            return
        }
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damagedDatabase(underlying: error)
        case .SQLITE_FULL: self = .diskFull(underlying: error)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self =
                DiskSpace.isFull(atPath: folder)
                ? .diskFull(underlying: error) : .notWritable(folder, underlying: error)
        // The shared memory beside the log is a file too: growing it fails with an input/output error.
        case .SQLITE_IOERR where DiskSpace.isFull(atPath: folder): self = .diskFull(underlying: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy, "Another process kept the database busy; try again in a moment.", underlying: error)
        default:
            self.init(.failed, "The database could not do what was asked; the log has more.", underlying: error)
        }
    }

    /// As above; errors of other areas, and cancellation, stay what they are.
    static func mapping(_ error: any Error, inFolder folder: String) -> any Error {
        if error is any PublicError || error is CancellationError { return error }
        return StoreError(wrapping: error, inFolder: folder)
    }

    static func damagedDatabase(underlying: (any Error)? = nil) -> StoreError {
        StoreError(
            .damaged,
            "The database semblance.sqlite in the data folder is damaged. Stop Semblance, then put a backup in its "
                + "place, or save what can be read with 'sqlite3 semblance.sqlite .recover', or move semblance.sqlite "
                + "and the files whose names start with it away and index your folders again.",
            underlying: underlying)
    }

    static func diskFull(underlying: (any Error)? = nil) -> StoreError {
        StoreError(
            .diskFull, "The disk that holds the data folder is full. Free some space, then try again.",
            underlying: underlying)
    }

    static func notWritable(_ folder: String, underlying: (any Error)? = nil) -> StoreError {
        StoreError(
            .notWritable,
            "The data folder '\(folder)' cannot be written to. Make it writable, or choose another with --data.",
            underlying: underlying)
    }
}
