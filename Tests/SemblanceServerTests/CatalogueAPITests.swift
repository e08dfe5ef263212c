import HummingbirdTesting
import SemblanceCore
import Testing

@Suite struct CatalogueAPITests {
    @Test func createsListsShowsAndDeletes() async throws {
        try await ServerFixture().run { client async throws in
            let created = try await client.send(["name": "chairs", "model": "smaller"], to: "/v1/catalogues")
            #expect(created.status == .created)
            #expect(created.headers[.location] == "/v1/catalogues/chairs")
            #expect(try created.json()["model"] == "smaller")
            let list = try await client.get("/v1/catalogues").json()
            #expect(list["catalogues"]?.elements.map { $0["name"] } == ["chairs"])
            let shown = try await client.get("/v1/catalogues/chairs").json()
            #expect(shown["image_count"] == 0)
            #expect(shown["embedding_counts"] == .object([:]))
            #expect(try await client.delete("/v1/catalogues/chairs").status == .noContent)
            #expect(try await client.get("/v1/catalogues/chairs").problemCode == "catalogue-unknown")
        }
    }

    @Test func declaresAndReplacesFilterableKeys() async throws {
        try await ServerFixture().run { client async throws in
            let body: JSONValue = ["name": "chairs", "filterable_keys": ["price", "maker.country", "price"]]
            let created = try await client.send(body, to: "/v1/catalogues")
            #expect(try created.json()["filterable_keys"] == ["maker.country", "price"])
            let list = try await client.get("/v1/catalogues").json()
            #expect(list["catalogues"]?.elements.map { $0["filterable_keys"] } == [["maker.country", "price"]])
            let changed = try await client.send(
                ["filterable_keys": ["colour"]], to: "/v1/catalogues/chairs", method: .patch)
            #expect(try changed.json()["filterable_keys"] == ["colour"])
            let both = try await client.send(
                ["filterable_keys": .array([]), "model": "smaller"], to: "/v1/catalogues/chairs", method: .patch)
            #expect(try both.json()["filterable_keys"] == .array([]))
            #expect(try both.json()["model"] == "smaller")
        }
    }

    @Test(arguments: [
        ["$price"], [""], ["a..b"], ["a."], [String(repeating: "k", count: 256)], (0..<33).map { "key\($0)" },
    ])
    func refusesKeysThatAreNotKeys(keys: [String]) async throws {
        try await ServerFixture().run { client async throws in
            _ = try await client.send(["name": "chairs"], to: "/v1/catalogues")
            let body: JSONValue = ["filterable_keys": .array(keys.map { .string($0) }), "model": "smaller"]
            let response = try await client.send(body, to: "/v1/catalogues/chairs", method: .patch)
            #expect(response.status == .badRequest)
            #expect(response.problemCode == "invalid-filterable-keys")
            #expect(try await client.get("/v1/catalogues/chairs").json()["model"] != "smaller")
        }
    }

    @Test func takesNamesOfAnyScriptInPaths() async throws {
        try await ServerFixture().run { client async throws in
            let created = try await client.send(["name": "Möbel"], to: "/v1/catalogues")
            #expect(created.headers[.location] == "/v1/catalogues/M%C3%B6bel")
            #expect(try await client.get("/v1/catalogues/M%C3%B6bel").json()["name"] == "Möbel")
        }
    }

    @Test func refusesASecondOfTheSameName() async throws {
        try await ServerFixture().run { client async throws in
            _ = try await client.send(["name": "chairs"], to: "/v1/catalogues")
            let second = try await client.send(["name": "chairs"], to: "/v1/catalogues")
            #expect(second.status == .conflict)
            #expect(second.problemCode == "catalogue-exists")
        }
    }

    @Test(arguments: ["../etc", "", ".hidden", "a/b", "a\\u0000b", String(repeating: "x", count: 65)])
    func refusesNamesThatAreNotNames(name: String) async throws {
        try await ServerFixture().run { client async throws in
            let response = try await client.send("{\"name\": \"\(name)\"}", to: "/v1/catalogues")
            #expect(response.status == .badRequest)
            #expect(response.problemCode == "invalid-name")
        }
    }

    @Test(arguments: [
        ("", "invalid-json"), ("{", "invalid-json"), ("[]", "invalid-json"), ("null", "invalid-json"),
        ("{}", "missing-field"), ("{\"name\": 7}", "invalid-json"), ("{\"name\": \"a\", \"nmae\": 1}", "invalid-json"),
        ("\u{FEFF}\u{0}", "invalid-json"), ("{\"name\": \"a\", \"model\": \"nobody\"}", "model-unknown"),
        (String(repeating: "[", count: 100_000), "invalid-json"),
    ])
    func refusesBodiesThatAreNotRight(body: String, code: String) async throws {
        try await ServerFixture().run { client async throws in
            let response = try await client.send(body, to: "/v1/catalogues")
            #expect((400..<500).contains(response.status.code))
            #expect(response.problemCode == code)
        }
    }

    @Test func refusesAnotherMediaType() async throws {
        try await ServerFixture().run { client async throws in
            let response = try await client.execute(
                uri: "/v1/catalogues", method: .post, headers: [.contentType: "text/plain"], body: .init(string: "{}"))
            #expect(response.status == .unsupportedMediaType)
        }
    }

    @Test func refusesABodyAboveTheLimit() async throws {
        let fixture = try ServerFixture(.init(port: 0, maximumJSONByteCount: 1000))
        try await fixture.run { client async throws in
            let response = try await client.send(
                "{\"name\": \"\(String(repeating: "x", count: 2000))\"}", to: "/v1/catalogues")
            #expect(response.status == .contentTooLarge)
            #expect(response.problemCode == "request-too-large")
        }
    }
}
