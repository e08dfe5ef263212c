import SemblanceCore

/// The members of a JSON object that a client sent, read one by one with errors that name the member.
///
/// `null` is a value like any other, and mostly of the wrong type. Members that nobody asks for are refused by
/// `checkNames`.
struct JSONMembers {
    private let members: [String: JSONValue]
    /// How error messages call the object.
    private let context: String

    /// - Throws: `RequestError` with `invalid-json` unless the value is an object.
    init(_ value: JSONValue, context: String = "The body") throws {
        guard case .object(let members) = value else {
            throw RequestError(.invalidJSON, "\(context) is a JSON object, not another value.")
        }
        self.members = members
        self.context = context
    }

    /// A misspelt member must not be ignored silently.
    func checkNames(_ known: Set<String>) throws {
        guard let unknown = members.keys.filter({ !known.contains($0) }).min() else { return }
        throw RequestError(
            .invalidJSON,
            "\(context) has no member '\(unknown.prefix(40))'; it takes \(known.sorted().joined(separator: ", ")).")
    }

    subscript(name: String) -> JSONValue? { members[name] }

    func string(_ name: String) throws -> String? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { throw wrongType(name, "a string") }
        return text
    }

    func boolean(_ name: String) throws -> Bool? {
        guard let value = self[name] else { return nil }
        guard case .bool(let truth) = value else { throw wrongType(name, "true or false") }
        return truth
    }

    func integer(_ name: String) throws -> Int? {
        guard let value = self[name] else { return nil }
        guard case .number(let number) = value, let whole = Int(exactly: number) else {
            throw wrongType(name, "a whole number")
        }
        return whole
    }

    func number(_ name: String) throws -> Double? {
        guard let value = self[name] else { return nil }
        guard case .number(let number) = value else { throw wrongType(name, "a number") }
        return number
    }

    func numbers(_ name: String) throws -> [Double]? {
        guard let values = try list(name) else { return nil }
        return try values.map {
            guard case .number(let number) = $0 else { throw wrongType(name, "a list of numbers") }
            return number
        }
    }

    func strings(_ name: String) throws -> [String]? {
        guard let values = try list(name) else { return nil }
        return try values.map {
            guard case .string(let text) = $0 else { throw wrongType(name, "a list of strings") }
            return text
        }
    }

    func list(_ name: String) throws -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        guard case .array(let values) = value else { throw wrongType(name, "a list") }
        return values
    }

    func object(_ name: String) throws -> JSONValue? {
        guard let value = self[name] else { return nil }
        guard case .object = value else { throw wrongType(name, "an object") }
        return value
    }

    func missing(_ name: String) -> RequestError {
        RequestError(.missingField, "\(context) needs the member '\(name)'.")
    }

    private func wrongType(_ name: String, _ expected: String) -> RequestError {
        RequestError(.invalidJSON, "The member '\(name)' is \(expected), or left out.")
    }
}
