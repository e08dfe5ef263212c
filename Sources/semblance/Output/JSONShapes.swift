import Foundation
import SemblanceCore
import SemblanceEngine

/// `{"model", "catalogue", "took_ms", "results": [{"id", "name", "path", "score", "distance", "metadata"}]}`; `path` is
/// null for an upload, and `warnings` follow if there are any. Written straight: there may be a million results.
struct SearchDocument: JSONWritable {
    let response: SearchResponse

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("model", response.modelID)
            $0.member("catalogue", response.catalogue)
            $0.member("took_ms", (response.took / .microseconds(1)).rounded() / 1000)
            $0.key("results")
            $0.array(response.matches) { Self.write($0, to: &$1) }
            if !response.warnings.isEmpty { $0.member("warnings", response.warnings) }
        }
    }

    private static func write(_ match: Match, to writer: inout JSONWriter) {
        var path: String?
        if case .inPlace(let place) = match.image.location { path = place }
        writer.object {
            $0.member("id", match.image.hash.hexadecimal)
            $0.member("name", match.image.name)
            $0.member("path", path)
            $0.member("score", match.score)
            $0.member("distance", match.distance)
            $0.member("metadata", match.image.metadata)
        }
    }
}

extension CatalogueImage {
    var commandLineJSON: JSONValue {
        var path = JSONValue.null
        if case .inPlace(let place) = location { path = .string(place) }
        return .object([
            "id": .string(hash.hexadecimal), "name": .string(name), "path": path,
            "format": .string(header.format.rawValue), "width": .number(Double(header.width)),
            "height": .number(Double(header.height)), "bytes": .number(Double(byteCount)), "metadata": metadata,
            "created_at": .string(createdAt.iso8601),
        ])
    }
}

extension Job {
    var commandLineJSON: JSONValue {
        .object([
            "id": .string(id.rawValue), "kind": .string(work.kind), "catalogue": .string(work.catalogue),
            "state": .string(state.rawValue), "total": .number(Double(progress.total)),
            "done": .number(Double(progress.done)), "failed": .number(Double(progress.failed)),
            "skipped": .number(Double(progress.skipped)), "reason": reason.map(JSONValue.string) ?? .null,
            "code": reasonCode.map(JSONValue.string) ?? .null, "created_at": .string(createdAt.iso8601),
            "ended_at": endedAt.map { .string($0.iso8601) } ?? .null,
        ])
    }
}

extension FileFailure {
    var commandLineJSON: JSONValue {
        ["path": .string(path), "code": .string(code), "message": .string(message)]
    }
}

extension Date {
    var iso8601: String { ISO8601Format() }
}
