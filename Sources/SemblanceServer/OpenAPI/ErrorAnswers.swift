import SemblanceCore

/// The error responses of the OpenAPI document: one component for each status.
enum ErrorAnswers {
    private static let summaries: [Int: String] = [
        400: "The request cannot be read, or a value is out of range.",
        401: "A key is needed, or the key is not known.",
        403: "The key's scope does not reach this, or another web page sent the request.",
        404: "There is no such thing.",
        405: "The path does not answer this method.",
        408: "The body comes too slowly.",
        409: "What is there already is in the way.",
        413: "The body or a file is too large.",
        415: "The body or an image is of a kind that is not taken.",
        421: "Without a key, this server is not reached under this host name.",
        422: "An image or vector is well sent but cannot be used.",
        429: "This client asks too often, or for too much at once.",
        500: "The server failed; its log says why.",
        503: "Too much is in work, or the server is not ready.",
        507: "The disk is full.",
    ]

    static func name(_ status: Int) -> String { "Problem\(status)" }

    /// Those that any request can meet, and the endpoint's own.
    static func statuses(of endpoint: Endpoint) -> [Int] {
        var statuses: Set<Int> = [400, 401, 403, 405, 421, 429, 500, 503]
        if !endpoint.parameterNames.isEmpty { statuses.insert(404) }
        if endpoint.operation.body != nil { statuses.formUnion([408, 413, 415, 507]) }
        return statuses.union(endpoint.operation.errors).sorted()
    }

    static var all: [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: summaries.map { status, summary in
                var members: [String: JSONValue] = [
                    "description": .string(summary),
                    "content": .object(["application/problem+json": .object(["schema": Schema.reference("Problem")])]),
                ]
                if status == 429 || status == 503 {
                    members["headers"] = .object([
                        "Retry-After": .object([
                            "description": "Seconds to wait before the next attempt.",
                            "schema": Schema.integer(0...Int.max),
                        ])
                    ])
                }
                return (name(status), .object(members))
            })
    }
}
