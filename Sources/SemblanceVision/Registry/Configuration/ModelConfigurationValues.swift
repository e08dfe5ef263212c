import SemblanceCore

/// The members of an entry by type. Null counts as absent.
struct ModelConfigurationValues {
    private let members: [String: JSONValue]

    private static let keys: Set<String> = [
        "model_id", "model_type", "model_dim", "model_path", "model_subtype", "url", "sha256", "licence", "summary",
        "names", "activation", "pooling", "head_width", "output", "tokenizer", "preprocessing",
    ]

    init(_ value: JSONValue) throws(ModelError) {
        guard case .object(let members) = value else { throw .entry("it must be an object") }
        if let unknown = members.keys.filter({ !Self.keys.contains($0) }).sorted().first {
            throw .entry(
                "'\(unknown.prefix(64))' is not a key; known are \(Self.keys.sorted().joined(separator: ", "))")
        }
        self.members = members.filter { $0.value != .null }
    }

    func modelID() throws(ModelError) -> String {
        guard case .string(let modelID)? = members["model_id"], ModelManifest.isValid(modelID: modelID) else {
            throw .entry("'model_id' must be a name of letters, digits, '.', '_' and '-', at most 64")
        }
        return modelID
    }

    func string(_ key: String) throws(ModelError) -> String? {
        switch members[key] {
        case nil: return nil
        case .string(let text) where !text.isEmpty && text.utf8.count <= 1000: return text
        default: throw .entry("'\(key)' must be a text of 1 to 1,000 bytes, or null")
        }
    }

    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, of type: Choice.Type
    ) throws(ModelError) -> Choice? {
        guard let text = try string(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        throw .entry("'\(key)' must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    func object(_ key: String) throws(ModelError) -> [String: JSONValue]? {
        switch members[key] {
        case nil: return nil
        case .object(let members): return members
        default: throw .entry("'\(key)' must be an object")
        }
    }

    func dimension() throws(ModelError) -> Int? { try whole("model_dim", in: 1...65_536) }

    func whole(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int? {
        guard let value = members[key] else { return nil }
        guard case .number(let number) = value, let whole = Int(exactly: number), range.contains(whole) else {
            throw .entry("'\(key)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    func hash() throws(ModelError) -> ContentHash? {
        guard let text = try string("sha256") else { return nil }
        guard let hash = ContentHash(hexadecimal: text) else { throw .entry("'sha256' must be 64 hexadecimal digits") }
        return hash
    }

    func names() throws(ModelError) -> [String]? {
        guard let value = members["names"] else { return nil }
        guard case .array(let values) = value, values.count <= 16 else {
            throw .entry("'names' must be a list of at most 16 names")
        }
        var names: [String] = []
        for value in values {
            guard case .string(let name) = value, ModelManifest.isValid(modelID: name) else {
                throw .entry("'names' must hold names of letters, digits, '.', '_' and '-', at most 64 each")
            }
            names.append(name)
        }
        return names
    }
}
