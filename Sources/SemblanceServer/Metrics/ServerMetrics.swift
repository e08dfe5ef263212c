import HTTPTypes
import SemblanceCore
import Synchronization

/// What the server counts, in the Prometheus text format (version 0.0.4).
///
/// Labels are routes, never paths, so that no client can make up new time series.
final class ServerMetrics: Sendable {
    private struct Key: Hashable, Comparable {
        let method: String
        let route: String
        let status: Int

        static func < (left: Key, right: Key) -> Bool {
            (left.route, left.method, left.status) < (right.route, right.method, right.status)
        }
    }

    private struct State {
        var requests: [Key: Int] = [:]
        var durations: [String: Histogram] = [:]
        var searches = Histogram()
        var preparations = Histogram()
        var requestsInWork = 0
        var uploads = 0
        var uploadedFiles = 0
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    private let state = Mutex(State())

    func requestBegan() { state.withLock { $0.requestsInWork += 1 } }
    func requestEnded() { state.withLock { $0.requestsInWork -= 1 } }

    func count(method: HTTPRequest.Method, route: String, status: Int, took: Duration) {
        let method = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
        state.withLock {
            $0.requests[Key(method: method, route: route, status: status), default: 0] += 1
            $0.durations[route, default: Histogram()].record(took)
        }
    }

    /// - Parameters:
    ///   - took: from request to response.
    ///   - preparing: the part of it that went into decoding and the engine.
    func countSearch(took: Duration, preparing: Duration) {
        state.withLock {
            $0.searches.record(took)
            $0.preparations.record(preparing)
        }
    }

    func countUpload(files: Int) {
        state.withLock {
            $0.uploads += 1
            $0.uploadedFiles += files
        }
    }

    /// - Parameter gauges: further values by name, with a sentence each.
    func text(gauges: [(name: String, help: String, lines: [(labels: String, value: Double)])]) -> String {
        let state = self.state.withLock { $0 }
        var lines = Self.header("semblance_http_requests_total", "counter", "Requests answered.")
        for (key, count) in state.requests.sorted(by: { $0.key < $1.key }) {
            let labels = "method=\"\(key.method)\",route=\"\(Self.escape(key.route))\",status=\"\(key.status)\""
            lines.append("semblance_http_requests_total{\(labels)} \(count)")
        }
        lines += Self.header("semblance_http_request_duration_seconds", "histogram", "Time from request to response.")
        for (route, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
            lines += histogram.lines(
                named: "semblance_http_request_duration_seconds", labels: "route=\"\(Self.escape(route))\",")
        }
        lines += Self.header("semblance_search_duration_seconds", "histogram", "Searches, decoding included.")
        lines += state.searches.lines(named: "semblance_search_duration_seconds", labels: "")
        lines += Self.header("semblance_search_preparation_seconds", "histogram", "Their decoding and embedding.")
        lines += state.preparations.lines(named: "semblance_search_preparation_seconds", labels: "")
        lines += Self.header("semblance_uploads_total", "counter", "Forms received whole.")
        lines.append("semblance_uploads_total \(state.uploads)")
        lines += Self.header("semblance_uploaded_files_total", "counter", "Files received in forms.")
        lines.append("semblance_uploaded_files_total \(state.uploadedFiles)")
        lines += Self.header("semblance_http_requests_in_work", "gauge", "Requests being answered.")
        lines.append("semblance_http_requests_in_work \(state.requestsInWork)")
        for gauge in gauges {
            lines += Self.header(gauge.name, "gauge", gauge.help)
            lines += gauge.lines.map { "\(gauge.name)\($0.labels.isEmpty ? "" : "{\($0.labels)}") \($0.value)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func header(_ name: String, _ type: String, _ help: String) -> [String] {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
    }

    /// A label's value, as the format wants it.
    static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
