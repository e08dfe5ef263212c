import Hummingbird
import HummingbirdTesting
import SemblanceServer
import SemblanceTesting
import Testing

@Suite struct PageTests {
    private func makeFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("<!doctype html><title>x</title>".utf8, to: "Web/index.html")
        try folder.write("export {}".utf8, to: "Web/search/drop.js")
        try folder.write("secret".utf8, to: "secret.txt")
        return folder
    }

    @Test func servesThePageUnderAStrictPolicy() async throws {
        let folder = try makeFolder()
        try await ServerFixture(.init(port: 0, webFolder: folder.path("Web"))).run { client async throws in
            let page = try await client.get("/")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.text.hasPrefix("<!doctype html>"))
            let policy = try #require(page.headers[.contentSecurityPolicy])
            #expect(policy.contains("script-src 'self';") && !policy.contains("unsafe"))
            let script = try await client.get("/web/search/drop.js")
            #expect(script.headers[.contentType] == "text/javascript; charset=utf-8")
            let tag = try #require(script.headers[.eTag])
            #expect(try await client.get("/web/search/drop.js", headers: [.ifNoneMatch: tag]).status == .notModified)
        }
    }

    @Test(arguments: [
        "/web/secret.txt", "/web/../secret.txt", "/web/%2e%2e/secret.txt", "/web/..%2fsecret.txt", "/web/search",
        "/web/search/", "/web/search/%2e%2e/%2e%2e/secret.txt", "/web/search%2fdrop.js%00", "/web//index.html%2f",
    ])
    func servesNothingOutsideItsFolder(path: String) async throws {
        let folder = try makeFolder()
        try await ServerFixture(.init(port: 0, webFolder: folder.path("Web"))).run { client async throws in
            let response = try await client.get(path)
            #expect(response.status == .notFound)
            #expect(!response.text.contains("secret\""))
        }
    }

    @Test func servesTheAPIWithoutThePage() async throws {
        let empty = try TemporaryFolder()
        try await ServerFixture(.init(port: 0, webFolder: empty.path)).run { client async throws in
            #expect(try await client.get("/").problemCode == "not-found")
            #expect(try await client.get("/v1/models").status == .ok)
        }
    }

    @Test func findsThePageThatIsBuiltWithTheServer() async throws {
        try await ServerFixture().run { client async throws in
            #expect(try await client.get("/").headers[.contentType] == "text/html; charset=utf-8")
        }
    }
}
