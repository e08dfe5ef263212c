import HummingbirdTesting
import SemblanceCore
import SemblanceTesting
import Testing

@Suite struct ReembedAPITests {
    private static let path = "/v1/catalogues/default"

    @Test func embedsWithAnotherModelAndSwitches() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<12))
            let response = try await client.send(["to": "smaller", "from": "small"], to: Self.path + "/reembed")
            #expect(response.status == .accepted)
            let job = try response.json()["job"]
            #expect(job?["kind"] == "reembed")
            #expect(job?["model"] == "smaller")
            let id = try #require(job?["id"]?.string)
            #expect(response.headers[.location] == "/v1/jobs/\(id)")
            let ended = try await client.waitForJob(id)
            #expect(ended["state"] == "succeeded")
            #expect(ended["result"]?["switched"] == .bool(true))
            let catalogue = try await client.get(Self.path).json()
            #expect(catalogue["model"] == "smaller")
            #expect(catalogue["embedding_counts"] == ["small": 12, "smaller": 12])
            let versions = catalogue["embedding_versions"]?.elements ?? []
            #expect(versions.map { $0["version"] } == ["mean-colours-4", "mean-colours-2"])
            #expect(versions.map { $0["count"] } == [12, 12])
            let found = try await client.send(
                Form([.file("image", "q.png", SmallImage.numbered(7))]), to: Self.path + "/search"
            ).json()
            #expect(found["model"] == "smaller")
            #expect(found["results"]?.elements.first?["name"] == "7.png")
            let listed = try await client.get("/v1/jobs?lane=reembed").json()["jobs"]?.elements
            #expect(listed?.count == 1)
        }
    }

    @Test func changesTheModelIfEveryImageHasAnEmbedding() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<3))
            let refused = try await client.send(["model": "smaller"], to: Self.path, method: .patch)
            #expect(refused.status == .conflict)
            #expect(refused.problemCode == "model-embeddings-missing")
            let forced = try await client.send(["model": "smaller", "force": true], to: Self.path, method: .patch)
            #expect(try forced.json()["model"] == "smaller")
            let back = try await client.send(["model": "small"], to: Self.path, method: .patch)
            #expect(back.status == .ok)
            #expect(try back.json()["model"] == "small")
        }
    }

    @Test func keepsTheModelOrDeletesOldEmbeddingsIfAsked() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<3))
            let cases: [(body: JSONValue, model: String, counts: JSONValue)] = [
                (["to": "smaller", "switch": false], "small", ["small": 3, "smaller": 3]),
                (["to": "smaller", "discard": true], "smaller", ["smaller": 3]),
            ]
            for (body, model, counts) in cases {
                let job = try await client.send(body, to: Self.path + "/reembed").json()["job"]
                _ = try await client.waitForJob(try #require(job?["id"]?.string))
                let catalogue = try await client.get(Self.path).json()
                #expect(catalogue["model"]?.string == model)
                #expect(catalogue["embedding_counts"] == counts)
            }
        }
    }

    @Test(arguments: [
        ("{}", 400, "missing-field"), ("{\"to\": 7}", 400, "invalid-json"),
        ("{\"to\": \"none\"}", 404, "model-unknown"),
        ("{\"to\": \"smaller\", \"from\": \"third\"}", 409, "model-changed-meanwhile"),
        ("{\"to\": \"smaller\", \"switch\": \"no\"}", 400, "invalid-json"),
        ("{\"to\": \"smaller\", \"keep\": true}", 400, "invalid-json"),
        ("{\"to\": \"smaller\", \"switch\": false, \"discard\": true}", 400, "invalid-query"),
        ("[", 400, "invalid-json"),
    ])
    func refusesWhatIsNotRight(body: String, status: Int, code: String) async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            let response = try await client.send(body, to: Self.path + "/reembed")
            #expect(response.status.code == status, "\(response.text)")
            #expect(response.problemCode == code)
        }
    }

    @Test(arguments: [
        ("{}", 400, "missing-field"), ("{\"model\": null}", 400, "invalid-json"),
        ("{\"model\": \"none\"}", 404, "model-unknown"), ("{\"model\": \"small\", \"force\": 1}", 400, "invalid-json"),
        ("{\"name\": \"other\"}", 400, "invalid-json"),
    ])
    func refusesAChangeThatIsNone(body: String, status: Int, code: String) async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            let response = try await client.send(body, to: Self.path, method: .patch)
            #expect(response.status.code == status, "\(response.text)")
            #expect(response.problemCode == code)
            #expect(try await client.send(body, to: "/v1/catalogues/none", method: .patch).status.code >= 400)
        }
    }
}
