import SemblanceCore

/// Builds JSON Schema (2020-12, as OpenAPI 3.1 uses it) in few words.
enum Schema {
    static func string(
        _ summary: String? = nil, format: String? = nil, pattern: String? = nil, lengths: ClosedRange<Int>? = nil
    ) -> JSONValue {
        make(
            "string", summary,
            [
                ("format", format.map { .string($0) }), ("pattern", pattern.map { .string($0) }),
                ("minLength", lengths.map { .number(Double($0.lowerBound)) }),
                ("maxLength", lengths.map { .number(Double($0.upperBound)) }),
            ])
    }

    static func choice(_ values: [String], _ summary: String? = nil) -> JSONValue {
        make("string", summary, [("enum", .array(values.map { .string($0) }))])
    }

    static func integer(_ range: ClosedRange<Int>? = nil, default value: Int? = nil, _ summary: String? = nil)
        -> JSONValue
    {
        make(
            "integer", summary,
            [
                ("minimum", range.map { .number(Double($0.lowerBound)) }),
                ("maximum", range.flatMap { $0.upperBound == .max ? nil : .number(Double($0.upperBound)) }),
                ("default", value.map { .number(Double($0)) }),
            ])
    }

    static func number(_ range: ClosedRange<Double>? = nil, default value: Double? = nil, _ summary: String? = nil)
        -> JSONValue
    {
        make(
            "number", summary,
            [
                ("minimum", range.map { .number($0.lowerBound) }), ("maximum", range.map { .number($0.upperBound) }),
                ("default", value.map { .number($0) }),
            ])
    }

    static let boolean: JSONValue = ["type": "boolean"]
    static let date: JSONValue = ["type": "string", "format": "date-time"]
    /// Any object, such as metadata.
    static let object: JSONValue = ["type": "object"]
    /// A file in a form.
    static let file: JSONValue = ["type": "string", "contentMediaType": "application/octet-stream"]

    static func list(
        _ element: JSONValue, atLeast minimum: Int? = nil, atMost maximum: Int? = nil, _ summary: String? = nil
    ) -> JSONValue {
        make(
            "array", summary,
            [
                ("items", element), ("minItems", minimum.map { .number(Double($0)) }),
                ("maxItems", maximum.map { .number(Double($0)) }),
            ])
    }

    /// An object with these members, and with others only if it `isOpen`.
    static func object(
        _ members: [String: JSONValue], required: [String]? = nil, isOpen: Bool = false, _ summary: String? = nil
    ) -> JSONValue {
        let names = (required ?? Array(members.keys)).sorted()
        return make(
            "object", summary,
            [
                ("properties", .object(members)),
                ("required", names.isEmpty ? nil : .array(names.map { .string($0) })),
                ("additionalProperties", .bool(isOpen)),
            ])
    }

    /// An object with exactly one of these members, whatever else `schema` says.
    static func exactlyOne(of names: [String], in schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        members["oneOf"] = .array(names.map { .object(["required": .array([.string($0)])]) })
        return .object(members)
    }

    /// An object with one or more of these members, whatever else `schema` says.
    static func atLeastOne(of names: [String], in schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        members["anyOf"] = .array(names.map { .object(["required": .array([.string($0)])]) })
        return .object(members)
    }

    static func map(to value: JSONValue) -> JSONValue {
        make("object", nil, [("additionalProperties", value)])
    }

    static func nullable(_ schema: JSONValue) -> JSONValue {
        .object(["anyOf": .array([schema, .object(["type": "null"])])])
    }

    static func reference(_ name: String) -> JSONValue {
        .object(["$ref": .string("#/components/schemas/\(name)")])
    }

    private static func make(_ type: String, _ summary: String?, _ members: [(String, JSONValue?)]) -> JSONValue {
        var result: [String: JSONValue] = ["type": .string(type)]
        if let summary { result["description"] = .string(summary) }
        for (name, value) in members { result[name] = value }
        return .object(result)
    }
}
