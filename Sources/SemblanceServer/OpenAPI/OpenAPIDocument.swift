import SemblanceCore

/// The OpenAPI 3.1 document of a set of endpoints.
struct OpenAPIDocument {
    let endpoints: [Endpoint]
    let version: String

    var json: JSONValue {
        .object([
            "openapi": "3.1.0",
            "info": .object([
                "title": "Semblance", "version": .string(version),
                "summary": "Finds images that look like an image, in catalogues that you own.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ]),
            "servers": [["url": "/"]],
            "tags": .array(
                Operation.Tag.allCases.map {
                    .object(["name": .string($0.rawValue), "description": .string($0.summary)])
                }),
            // A key is needed unless the server listens on this machine only or lets everyone in.
            "security": [["bearer": []], ["key": []], [:]],
            "paths": .object(paths),
            "components": .object([
                "schemas": .object(Schemas.all), "responses": .object(ErrorAnswers.all),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "key": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
                ],
            ]),
        ])
    }

    private var paths: [String: JSONValue] {
        Dictionary(grouping: endpoints, by: \.path).mapValues { endpoints in
            .object(
                Dictionary(
                    uniqueKeysWithValues: endpoints.map { ($0.method.rawValue.lowercased(), describe($0)) }))
        }
    }

    private func describe(_ endpoint: Endpoint) -> JSONValue {
        let operation = endpoint.operation
        var members: [String: JSONValue] = [
            "operationId": .string(operation.id), "summary": .string(operation.summary),
            "tags": .array([.string(operation.tag.rawValue)]), "responses": .object(responses(of: endpoint)),
        ]
        let scope = endpoint.scope.map { "Needs the scope `\($0.rawValue)`." } ?? "Needs no key."
        members["description"] = .string([operation.detail, scope].compactMap(\.self).joined(separator: " "))
        if endpoint.scope == nil { members["security"] = [] }
        let parameters = endpoint.parameterNames.map(Self.pathParameter) + operation.query.map(Self.queryParameter)
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        if let body = operation.body {
            members["requestBody"] = .object(["required": true, "content": Self.content(body.content)])
        }
        return .object(members)
    }

    private static func pathParameter(_ name: String) -> JSONValue {
        .object([
            "name": .string(name), "in": "path", "required": true,
            "description": .string(PathParameters.summaries[name] ?? "A file or folder of the page."),
            "schema": PathParameters.schema(of: name),
        ])
    }

    private static func queryParameter(_ parameter: Parameter) -> JSONValue {
        .object([
            "name": .string(parameter.name), "in": "query", "required": false,
            "description": .string(parameter.summary), "schema": parameter.schema,
        ])
    }

    private static func content(_ schemas: [String: JSONValue]) -> JSONValue {
        .object(schemas.mapValues { .object(["schema": $0]) })
    }

    private func responses(of endpoint: Endpoint) -> [String: JSONValue] {
        let answer = endpoint.operation.answer
        var members: [String: JSONValue] = ["description": .string(answer.summary)]
        if !answer.content.isEmpty { members["content"] = Self.content(answer.content) }
        if !answer.headers.isEmpty {
            members["headers"] = .object(
                answer.headers.mapValues { .object(["description": .string($0), "schema": Schema.string()]) })
        }
        var responses: [String: JSONValue] = [String(answer.status): .object(members)]
        for status in ErrorAnswers.statuses(of: endpoint) {
            responses[String(status)] = .object(["$ref": .string("#/components/responses/\(ErrorAnswers.name(status))")]
            )
        }
        return responses
    }
}

/// What the parameters in paths mean.
enum PathParameters {
    static let imagePattern = "^[0-9a-fA-F]{64}$"

    static func schema(of name: String) -> JSONValue {
        switch name {
        case "image": Schema.string(pattern: imagePattern)
        default: Schema.string(lengths: 1...255)
        }
    }

    static let summaries: [String: String] = [
        "catalogue": "A catalogue's name.",
        "image": "An image's id: the SHA-256 of its bytes, 64 hexadecimal digits.",
        "name": "The image's file name; any name will do.",
        "job": "A job's id, 32 hexadecimal digits.",
        "req_id": "A task's id, as an upload or a search returned it.",
    ]
}
