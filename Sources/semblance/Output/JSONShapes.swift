import Foundation
import SemblanceCore
import SemblanceEngine

extension SearchResponse {
    /// `{"model", "catalogue", "took_ms", "results": [{"id", "name", "path", "score", "distance", "metadata"}]}`;
    /// `path` is null for an upload.
    var commandLineJSON: JSONValue {
        guard case .object(var members) = json, case .array(let results)? = members["results"] else { return json }
        members["results"] = .array(
            results.map { result in
                guard case .object(var fields) = result else { return result }
                fields["path"] = fields["path"] ?? .null
                return .object(fields)
            })
        return .object(members)
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
