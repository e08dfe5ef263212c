import Foundation
import SemblanceCore

/// A set that is a file with one JSON object a line: `{"image": "a.jpg", "labels": ["shoe", "red"]}`.
///
/// `image` may be called `path` or `file`; `label` holds one label, `labels` a list. `id` and `split` are as in CSV.
/// Other members are left out, so that the metadata lists that `semblance index` reads will do, with a `labelField`
/// such as `metadata.category`.
struct JSONLinesList {
    private let path: String
    private let labelField: [String]?

    /// Reads a whole list. Calls block.
    static func read(_ path: String, _ builder: SetBuilder) throws(LabError) -> LabelledSet {
        var builder = builder
        var lines = try LineReader(path: path)
        let list = JSONLinesList(
            path: path, labelField: builder.options.labelField?.split(separator: ".").map(String.init))
        while let line = try lines.next() {
            guard !line.text.trimmingSpaces().isEmpty else { continue }
            try builder.add(try list.entry(line), line: line.number, of: path)
        }
        return try builder.finish()
    }

    private func entry(_ line: LineReader.Line) throws(LabError) -> SetBuilder.Entry {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: Array(line.text.utf8))
        } catch {
            throw failure(line, "is not JSON: \((error as? RequestError)?.message ?? "\(error)")")
        }
        guard case .object(let members) = value else { throw failure(line, "is not a JSON object.") }
        guard let image = members["image"] ?? members["path"] ?? members["file"] else {
            throw failure(line, "has no member 'image'.")
        }
        let role = try LabelledImage.Role(
            text: members["split"].map(text(line, "split")), line: line.number, of: path)
        return SetBuilder.Entry(
            id: try members["id"].map(text(line, "id")), path: try text(line, "image")(image),
            labels: try labels(of: value, line), role: role)
    }

    private func labels(of value: JSONValue, _ line: LineReader.Line) throws(LabError) -> [String] {
        if let labelField {
            guard let found = labelField.reduce(Optional(value), { $0?[$1] }) else { return [] }
            return try list(found, line)
        }
        var labels: [String] = []
        for key in ["label", "labels"] {
            if let value = value[key] { labels += try list(value, line) }
        }
        return labels
    }

    /// One label or a list of them; a whole number is a label, too.
    private func list(_ value: JSONValue, _ line: LineReader.Line) throws(LabError) -> [String] {
        switch value {
        case .null: return []
        case .array(let values):
            var labels: [String] = []
            for value in values { labels.append(try text(line, "label")(value)) }
            return labels
        default: return [try text(line, "label")(value)]
        }
    }

    private func text(_ line: LineReader.Line, _ name: String) -> (JSONValue) throws(LabError) -> String {
        { value throws(LabError) in
            switch value {
            case .string(let text): return text
            case .number(let number) where Int64(exactly: number) != nil: return value.text
            default: throw failure(line, "has a value of '\(name)' that is not text.")
            }
        }
    }

    private func failure(_ line: LineReader.Line, _ fault: String) -> LabError {
        LabError(.malformedSet, "Line \(line.number) of '\(path)' \(fault)")
    }
}
