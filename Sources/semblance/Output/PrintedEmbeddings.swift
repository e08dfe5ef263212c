import SemblanceCore

/// Embeddings as text. Floats are printed as the shortest text that reads back to the same Float32.
struct PrintedEmbeddings {
    /// What was embedded.
    enum Source {
        case path(String)
        /// `isCut`: the model did not read its end.
        case text(String, isCut: Bool)
    }

    let model: ModelVersion
    var embedded: [(source: Source, embedding: Embedding)] = []
    var failures: [FileFailure] = []

    init(model: ModelVersion) {
        self.model = model
    }

    /// `{"model", "dim", "embeddings": [{"path", "vector": […]}]}`, `text` in place of `path` for a text (and `cut`:
    /// true if its end was left out), and `failures` if there are any.
    var json: String {
        let items = embedded.map { item in
            let source = item.source.members.map { "\"\($0.name)\":\($0.value.text)" }.joined(separator: ",")
            return "{\(source),\"vector\":[\(values(item.embedding))]}"
        }
        var text = "{\"model\":\(JSONValue.string(model.modelID).text),\"dim\":\(model.dimension)"
        text += ",\"embeddings\":[\(items.joined(separator: ","))]"
        if !failures.isEmpty {
            text += ",\"failures\":\(JSONValue.array(failures.map(\.commandLineJSON)).text)"
        }
        return text + "}"
    }

    var lines: String {
        embedded.map { "\($0.source.words)\t\(values($0.embedding))" }.joined(separator: "\n")
    }

    /// What `--output` says that it wrote.
    func summary(output: String) -> JSONValue {
        var members: [String: JSONValue] = [
            "model": .string(model.modelID), "dim": .number(Double(model.dimension)), "output": .string(output),
            "failures": .array(failures.map(\.commandLineJSON)), "paths": .array(embedded.compactMap(\.source.path)),
        ]
        let texts = embedded.compactMap(\.source.text)
        if !texts.isEmpty { members["texts"] = .array(texts) }
        return .object(members)
    }

    private func values(_ embedding: Embedding) -> String {
        embedding.values.map { "\($0)" }.joined(separator: ",")
    }
}

extension PrintedEmbeddings.Source {
    fileprivate var members: [(name: String, value: JSONValue)] {
        switch self {
        case .path(let path): [("path", .string(path))]
        case .text(let text, let isCut):
            isCut ? [("text", .string(text)), ("cut", .bool(true))] : [("text", .string(text))]
        }
    }

    fileprivate var words: String {
        switch self {
        case .path(let path): path
        // One line a text.
        case .text(let text, _): text.replacing(#/[\n\r\t]+/#, with: " ")
        }
    }

    fileprivate var path: JSONValue? {
        if case .path(let path) = self { .string(path) } else { nil }
    }

    fileprivate var text: JSONValue? {
        if case .text(let text, _) = self { .string(text) } else { nil }
    }
}
