import Foundation
import SemblanceCore

/// One line of the doctor's report.
struct Finding {
    enum State: String {
        case fine, weak, broken
    }

    let state: State
    let subject: String
    let detail: String
    let remedy: String?

    init(_ state: State, _ subject: String, _ detail: String, remedy: String? = nil) {
        self.state = state
        self.subject = subject
        self.detail = detail
        self.remedy = remedy
    }

    var text: String {
        let mark = ["fine": "ok    ", "weak": "weak  ", "broken": "BROKEN"][state.rawValue] ?? ""
        let line = "\(mark)  \(subject): \(detail)"
        return remedy.map { line + "\n        → \($0)" } ?? line
    }

    var json: JSONValue {
        [
            "check": .string(subject), "state": .string(state.rawValue), "detail": .string(detail),
            "remedy": remedy.map(JSONValue.string) ?? .null,
        ]
    }

    static func machine() -> Finding {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let memory = Int64(ProcessInfo.processInfo.physicalMemory)
        return Finding(.fine, "machine", "semblance \(Version.current), \(cores) cores, \(memory.bytesText) memory")
    }

    /// Only `models pull` needs it.
    static func pip() -> Finding {
        let folders = (Environment.value("PATH") ?? "").split(separator: ":")
        let isThere = folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/python3") }
        return isThere
            ? Finding(.fine, "python3", "found (only 'models pull' uses it)")
            : Finding(
                .weak, "python3", "not found: 'models pull' cannot fetch weights", remedy: "apt-get install python3-pip"
            )
    }

    static func freeByteCount(at path: String) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return 0 }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }
}
