import HummingbirdTesting
import SemblanceCore
import SemblanceTesting
import Testing

@Suite struct PrototypeTests {
    @Test func uploadsSearchesAndPollsAsItAlwaysDid() async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            let uploaded = try await client.send(.pictures(0..<5), to: "/upload_catalogue").json()
            let upload = try #require(uploaded["task_id"]?.string)
            let taken = try await client.get(
                "/poll_task_status/\(upload)?target_status=SUCCESS&timeout=30&retry_limit=3"
            ).json()
            #expect(taken["status"] == "SUCCESS")
            #expect(taken["result"]?.elements.first?["indexed"] == 5)

            let form = Form([.file("file", "what is it.png", SmallImage.numbered(2)), .field("top_k", "3")])
            let searched = try await client.send(form, to: "/search_with_image?top_k=1").json()
            let search = try #require(searched["task_id"]?.string)
            let found = try await client.get("/poll_task_status/\(search)?timeout=30").json()
            #expect(found["status"] == "SUCCESS")
            let results = found["result"]?.elements ?? []
            #expect(results.count == 3)
            let uri = try #require(results.first?["image_uri"]?.string)
            #expect(uri.hasSuffix("/2.png"))
            #expect(try #require(results.first?["distance"]?.number) < 1e-3)
            #expect(Array(try await client.get(uri).body.readableBytesView) == SmallImage.numbered(2))
            #expect(try await client.get("/get_task_status/\(search)").json() == found)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func takesTheNumberOfResultsFromTheQueryToo() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<5))
            let form = Form([.file("file", "a.png", SmallImage.numbered(2))])
            let task = try await client.send(form, to: "/search_with_image?top_k=2").json()["task_id"]?.string
            let found = try await client.get("/poll_task_status/\(try #require(task))").json()
            #expect(found["result"]?.elements.count == 2)
        }
    }

    @Test func saysWhyATaskFailed() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            let form = Form([.file("file", "a.png", Array("text".utf8))])
            let task = try #require(try await client.send(form, to: "/search_with_image").json()["task_id"]?.string)
            let failed = try await client.get("/poll_task_status/\(task)").json()
            #expect(failed == ["status": "FAILURE", "result": "This is not an image."])
        }
    }

    /// A first search, before anything was uploaded: the client gets a task like any other, and finds nothing.
    @Test func findsNothingBeforeTheFirstUpload() async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            let form = Form([.file("file", "a.png", SmallImage.numbered(2))])
            let task = try #require(try await client.send(form, to: "/search_with_image").json()["task_id"]?.string)
            let answer = try await client.get("/poll_task_status/\(task)").json()
            #expect(answer == ["status": "SUCCESS", "result": []])
            #expect(try await client.get("/v1/catalogues").json()["catalogues"] == [])

            let text = Form([.file("file", "a.png", Array("text".utf8))])
            let other = try #require(try await client.send(text, to: "/search_with_image").json()["task_id"]?.string)
            let failed = try await client.get("/poll_task_status/\(other)").json()
            #expect(failed == ["status": "FAILURE", "result": "This is not an image."])

            let unknown = Form([.file("file", "a.png", SmallImage.numbered(2)), .field("model_id", "nobody")])
            #expect(try await client.send(unknown, to: "/search_with_image").problemCode == "model-unknown")
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func saysWhenAPollEndedBeforeItsTask() async throws {
        try await ServerFixture().run(workers: false) { client async throws in
            let task = try await client.send(.pictures(0..<1), to: "/upload_catalogue").json()["task_id"]?.string
            let id = try #require(task)
            #expect(try await client.get("/get_task_status/\(id)").json() == ["status": "PENDING", "result": .null])
            let poll = "/poll_task_status/\(id)"
            #expect(try await client.get(poll + "?timeout=0.05").json()["status"] == "TIMEOUT")
            #expect(try await client.get(poll + "?timeout=30&target_status=PENDING").json()["status"] == "PENDING")
            _ = try await client.send("", to: "/v1/jobs/\(id)/cancel")
            let cancelled = try await client.get(poll).json()
            #expect(cancelled["status"] == "FAILURE")
            #expect(cancelled["result"]?.string != nil)
        }
    }

    @Test(arguments: ["/get_task_status/", "/poll_task_status/"])
    func knowsNothingOfUnknownTasks(path: String) async throws {
        try await ServerFixture().run { client async throws in
            for id in ["0123456789abcdef0123456789abcdef", "x", "%2e%2e", "%00"] {
                #expect(try await client.get(path + id).problemCode == "job-unknown")
            }
        }
    }

    @Test(arguments: [
        "timeout=-1", "timeout=nan", "timeout=301", "target_status=DONE", "retry_limit=-1", "timeout=1e9",
    ])
    func refusesBadPolls(query: String) async throws {
        try await ServerFixture().run(workers: false) { client async throws in
            let task = try await client.send(.pictures(0..<1), to: "/upload_catalogue").json()["task_id"]?.string
            let response = try await client.get("/poll_task_status/\(try #require(task))?\(query)")
            #expect(response.problemCode == "invalid-query")
        }
    }

    @Test(arguments: ["0", "-1", "1000001", "x"])
    func refusesBadNumbersOfResults(count: String) async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            try await client.upload(.pictures(0..<1))
            let form = Form([.file("file", "a.png", SmallImage.numbered(2)), .field("top_k", count)])
            #expect(try await client.send(form, to: "/search_with_image").status == .badRequest)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func listsModelsAsABareArray() async throws {
        try await ServerFixture().run { client async throws in
            let models = try await client.get("/config/model_config.json").json()
            #expect(
                models == [
                    ["model_id": "small", "model_type": "mean-colours", "model_dim": 49],
                    ["model_id": "smaller", "model_type": "mean-colours", "model_dim": 13],
                ])
        }
    }
}
