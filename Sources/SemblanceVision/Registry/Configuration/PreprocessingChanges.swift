import SemblanceCore

/// The `preprocessing` object of a configuration entry: the fields that differ from the model's own.
struct PreprocessingChanges {
    let members: [String: JSONValue]

    private static let keys: Set<String> = ["size", "fit", "resize_to", "filter", "channels", "mean", "deviation"]

    func apply(to preprocessing: inout Preprocessing) throws(ModelError) {
        if let unknown = members.keys.filter({ !Self.keys.contains($0) }).sorted().first {
            throw refused(
                "'\(unknown.prefix(64))' in 'preprocessing' is not one of \(Self.keys.sorted().joined(separator: ", "))"
            )
        }
        if let size = try whole("size") { preprocessing.size = size }
        if let shorterSide = try whole("resize_to") { preprocessing.resizeTo = shorterSide }
        if let fit = try choice("fit", of: Preprocessing.Fit.self) { preprocessing.fit = fit }
        if let filter = try choice("filter", of: Preprocessing.Filter.self) { preprocessing.filter = filter }
        if let order = try choice("channels", of: Preprocessing.ChannelOrder.self) { preprocessing.channels = order }
        if let mean = try numbers("mean") { preprocessing.mean = mean }
        if let deviation = try numbers("deviation") { preprocessing.deviation = deviation }
    }

    private func refused(_ text: String) -> ModelError { ModelError(.invalidManifest, text) }

    private func whole(_ key: String) throws(ModelError) -> Int? {
        switch members[key] {
        case nil, .null: return nil
        case .number(let number):
            guard let whole = Int(exactly: number) else { fallthrough }
            return whole
        default: throw refused("'\(key)' must be a whole number of pixels")
        }
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, of type: Choice.Type
    ) throws(ModelError) -> Choice? {
        guard let value = members[key], value != .null else { return nil }
        if case .string(let text) = value, let choice = Choice(rawValue: text) { return choice }
        throw refused("'\(key)' must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    private func numbers(_ key: String) throws(ModelError) -> [Float]? {
        guard let value = members[key], value != .null else { return nil }
        guard case .array(let values) = value else { throw refused("'\(key)' must be a list of numbers") }
        var numbers: [Float] = []
        for value in values {
            guard case .number(let number) = value else { throw refused("'\(key)' must be a list of numbers") }
            numbers.append(Float(number))
        }
        return numbers
    }
}
