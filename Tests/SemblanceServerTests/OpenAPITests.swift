import Foundation
import HummingbirdTesting
import SemblanceCore
import SemblanceTesting
import Testing

@Suite struct OpenAPITests {
    private static let methods: Set<String> = ["get", "put", "post", "delete", "patch", "head", "options"]

    @Test func documentsEveryRouteAndNoOther() async throws {
        let fixture = try ServerFixture()
        let routes = Set(fixture.server.routes.map { "\($0.method) \($0.path)" })
        let document = try await fixture.run { try await $0.get("/openapi.json").json() }
        guard case .object(let paths)? = document["paths"] else {
            Issue.record("the document has no paths")
            return
        }
        var documented: Set<String> = []
        for (path, item) in paths {
            guard case .object(let operations) = item else { continue }
            for method in operations.keys where Self.methods.contains(method) {
                documented.insert("\(method.uppercased()) \(path)")
            }
        }
        #expect(documented == routes)
        #expect(document["openapi"] == "3.1.0")
    }

    @Test func answersEveryDocumentedOperation() async throws {
        let fixture = try ServerFixture()
        fixture.readiness.markReady()
        try await fixture.run { client async throws in
            for route in fixture.server.routes {
                let path = route.path.replacingOccurrences(
                    of: "\\{[^}]*\\}", with: "unknown", options: .regularExpression)
                let response = try await client.execute(uri: path, method: .init(route.method)!)
                #expect(response.problemCode != "method-not-allowed", "\(route)")
                #expect(response.status.code < 500, "\(route)")
            }
        }
    }

    @Test func refersOnlyToWhatIsThere() async throws {
        let document = try await ServerFixture().run { try await $0.get("/openapi.json").json() }
        var identifiers: [String] = []
        func check(_ value: JSONValue) {
            switch value {
            case .object(let members):
                if case .string(let reference)? = members["$ref"] {
                    let target = reference.dropFirst(2).split(separator: "/").reduce(Optional(document)) {
                        $0?[String($1)]
                    }
                    #expect(target != nil, "\(reference)")
                }
                if case .string(let identifier)? = members["operationId"] { identifiers.append(identifier) }
                members.values.forEach(check)
            case .array(let values): values.forEach(check)
            default: break
            }
        }
        check(document)
        #expect(Set(identifiers).count == identifiers.count)
    }

    /// By the validator of the OpenAPI community: `pip install openapi-spec-validator`.
    @Test(.enabled("openapi-spec-validator is not installed") { Tool.isExpected("openapi-spec-validator") })
    func isAcceptedByAnIndependentValidator() async throws {
        let tool = try #require(Tool(named: "openapi-spec-validator"))
        let response = try await ServerFixture().run { try await $0.get("/openapi.json") }
        let folder = try TemporaryFolder()
        let file = try folder.write(response.body.readableBytesView, to: "openapi.json")
        let result = try await tool.run([file], in: folder.path)
        #expect(result.status == 0, "\(result.output)")
    }
}
