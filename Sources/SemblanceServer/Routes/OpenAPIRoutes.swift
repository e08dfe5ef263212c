import Hummingbird
import SemblanceCore

/// `/openapi.json`: describes all endpoints, itself among them.
struct OpenAPIRoutes: EndpointGroup {
    let others: [Endpoint]
    let version: String

    var endpoints: [Endpoint] {
        // The document holds this endpoint too, so it is described first and rendered with the rest.
        let operation = Operation(
            "openAPI", .service, "This API's description (OpenAPI 3.1).",
            answer: .json(.object([:]), "The document."))
        let placeholder = Endpoint(.get, "/openapi.json", scope: nil, operation) { _, _ in Response(status: .noContent)
        }
        let document = OpenAPIDocument(endpoints: others + [placeholder], version: version).json
        return [Endpoint(.get, "/openapi.json", scope: nil, operation) { _, _ in .json(document) }]
    }
}
