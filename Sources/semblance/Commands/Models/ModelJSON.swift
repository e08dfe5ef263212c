import Foundation
import SemblanceCore
import SemblanceVision

extension ModelDescription {
    var commandLineJSON: JSONValue {
        [
            "id": .string(modelID), "family": .string(family), "dimension": .number(Double(dimension)),
            "licence": .string(licence), "bytes": byteCount.map { .number(Double($0)) } ?? .null,
            "summary": .string(summary), "state": .string(state.rawValue), "default": .bool(isDefault),
            "names": .array(names.map(JSONValue.string)), "text": .bool(hasText),
        ]
    }
}

extension ModelManifest {
    func commandLineJSON(path: String?) -> JSONValue {
        let source: JSONValue =
            switch self.source {
            case .pythonPackage(let package):
                [
                    "package": .string("\(package.name)==\(package.version)"), "file": .string(package.file),
                    "package_sha256": .string(package.wheelHash.hexadecimal),
                ]
            case .hub(let file):
                ["url": .string(file.url), "sha256_prefix": file.hashPrefix.map(JSONValue.string) ?? .null]
            case .file(let path): ["path": .string(path)]
            case .withoutWeights: [:]
            case .published(let name): ["name": name.map(JSONValue.string) ?? .null]
            }
        return [
            "id": .string(modelID), "names": .array(names.map(JSONValue.string)), "origin": .string(origin.rawValue),
            "family": .string(family), "dimension": .number(Double(dimension)), "text": .bool(tokenizer != nil),
            "bytes": byteCount.map { .number(Double($0)) } ?? .null, "options": options.commandLineJSON,
            "licence": .string(licence), "needs_licence_acceptance": .bool(needsLicenceAcceptance),
            "licence_terms": licenceTerms.map(JSONValue.string) ?? .null, "notes": .array(notes.map(JSONValue.string)),
            "summary": .string(summary), "source": source,
            "sha256": fileHash.map { .string($0.hexadecimal) } ?? .null, "path": path.map(JSONValue.string) ?? .null,
            "preprocessing": preprocessing.commandLineJSON,
        ]
    }
}

extension NetworkOptions {
    fileprivate var commandLineJSON: JSONValue {
        [
            "variant": variant.map(JSONValue.string) ?? .null,
            "activation": activation.map { .string($0.rawValue) } ?? .null,
            "pooling": pooling.map { .string($0.rawValue) } ?? .null, "output": output.map(JSONValue.string) ?? .null,
            "head_width": headWidth.map { .number(Double($0)) } ?? .null,
        ]
    }
}

extension Preprocessing {
    fileprivate var commandLineJSON: JSONValue {
        [
            "size": .number(Double(size)), "fit": .string(fit.rawValue),
            "resize_to": resizeTo.map { .number(Double($0)) } ?? .null, "filter": .string(filter.rawValue),
            "channels": .string(channels.rawValue), "mean": .array(mean.map { .number(Double($0)) }),
            "deviation": .array(deviation.map { .number(Double($0)) }),
        ]
    }
}

extension JSONValue {
    /// One member a line, for people.
    var indented: String { lines(depth: 0).joined(separator: "\n") }

    private func lines(depth: Int) -> [String] {
        guard case .object(let members) = self else { return [text] }
        let margin = String(repeating: "  ", count: depth)
        return members.sorted { $0.key < $1.key }.flatMap { key, value -> [String] in
            if case .object = value { return ["\(margin)\(key):"] + value.lines(depth: depth + 1) }
            if case .string(let string) = value { return ["\(margin)\(key): \(string)"] }
            return ["\(margin)\(key): \(value.text)"]
        }
    }
}
