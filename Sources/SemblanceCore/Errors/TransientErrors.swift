extension Error {
    /// Whether the same work may succeed a moment later: a server that restarts, a lock that is held, threads that are
    /// all busy. Decided from the code alone.
    public var isTransient: Bool {
        switch self {
        case let error as StoreError: error.code.isTransient
        case let error as JobError: error.code == .queueUnavailable
        case let error as RequestError: error.code == .overloaded
        default: false
        }
    }
}

extension StoreErrorCode {
    public var isTransient: Bool {
        self == .busy || self == .unavailable || self == .databaseSlow || self == .folderUnavailable
    }
}
