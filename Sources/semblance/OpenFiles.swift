import Foundation

/// How many files and connections this process may have open.
enum OpenFiles {
    /// As many as the system lets it: the usual 1,024 are fewer than the connections that a server takes.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
