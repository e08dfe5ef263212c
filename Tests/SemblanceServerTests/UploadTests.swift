import HummingbirdTesting
import SemblanceCore
import SemblanceTesting
import Testing

@Suite struct UploadTests {
    @Test func oneBadFileDoesNotFailTheOthers() async throws {
        let fixture = try ServerFixture(limits: DecodingLimits(maximumByteCount: 2000))
        try await fixture.run { client async throws in
            let job = try await client.upload(
                Form([
                    .file("files", "good.png", SmallImage.numbered(1)),
                    .file("files", "empty.png", []),
                    .file("files", "text.jpg", Array("hello".utf8)),
                    .file("files", "large.png", [UInt8](repeating: 0, count: 300_000)),
                    .file("other", "../../../etc/passwd", SmallImage.numbered(2)),
                ]))
            #expect(job["state"] == "succeeded")
            #expect(job["done"] == 2)
            #expect(job["failed"] == 3)
            let id = try #require(job["id"]?.string)
            let failures = try await client.get("/v1/jobs/\(id)/failures").json()["failures"]?.elements ?? []
            let codes = Dictionary(
                uniqueKeysWithValues: failures.map { ($0["path"]?.string ?? "", $0["code"]?.string ?? "") })
            #expect(
                codes == [
                    "empty.png": "image-empty", "text.jpg": "image-unsupported-format",
                    "large.png": "image-too-many-bytes",
                ])
            let page = try await client.get("/v1/catalogues/default/images").json()
            #expect(Set(page["images"]?.elements.compactMap { $0["name"]?.string } ?? []) == ["good.png", "passwd"])
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func tellsFilesOfOneNameApart() async throws {
        try await ServerFixture().run { client async throws in
            let job = try await client.upload(
                Form([
                    .file("files", "2019/IMG_1.png", SmallImage.numbered(1)),
                    .file("files", "2020/IMG_1.png", Array("hello".utf8)),
                ]))
            let id = try #require(job["id"]?.string)
            let failures = try await client.get("/v1/jobs/\(id)/failures").json()["failures"]?.elements ?? []
            #expect(failures.map { $0["path"] } == ["2020/IMG_1.png"])
            let images = try await client.get("/v1/catalogues/default/images").json()["images"]?.elements ?? []
            #expect(images.map { $0["name"] } == ["IMG_1.png"])
        }
    }

    @Test func takesAsManyFilesAsAFolderHolds() async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            let job = try await client.upload(.pictures(0..<300))
            #expect(job["done"] == 300)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test(arguments: [
        Form.unended([
            .file("files", "a.png", [1, 2, 3]), .file("files", "b.png", [UInt8](repeating: 7, count: 200_000)),
        ]),
        Form.pictures(0..<3, fields: (0..<65).map { .field("f\($0)", "x") }),
        Form.pictures(0..<3, fields: (0..<10_000).map { .field("f\($0)", "x") }),
        Form.pictures(0..<3, fields: [.field("model", String(repeating: "x", count: 65_537))]),
        Form.pictures(0..<3, fields: [.field("model", "small"), .field("model", "small")]),
        Form.pictures(0..<3, fields: [.field("modle", "small")]),
        Form.pictures(0..<3, fields: [.field("metadata", "{")]),
        Form.pictures(0..<3, fields: [.field("metadata", "[]")]),
        Form.pictures(0..<3, fields: [.field("model", "nobody")]),
        Form([.field("model", "small")]), Form([.file("files", "", [])]), Form(),
    ])
    func leavesNothingOfARefusedFormBehind(form: Form) async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            let response = try await client.send(form, to: "/v1/catalogues/default/images")
            #expect((400..<500).contains(response.status.code))
            #expect(response.problemCode != nil)
            #expect(try await client.get("/v1/jobs").json()["jobs"] == [])
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test(arguments: [
        nil, "multipart/form-data", "multipart/form-data; boundary=", "text/plain", "multipart/mixed; boundary=x",
        "application/json", "multipart/form-data; boundary=another",
    ])
    func refusesAFormWithoutItsBoundary(type: String?) async throws {
        try await ServerFixture().run { client async throws in
            let response = try await client.execute(
                uri: "/v1/catalogues/default/images", method: .post, headers: type.map { [.contentType: $0] } ?? [:],
                body: .init(bytes: Form.pictures(0..<1).bytes))
            #expect(response.status == .badRequest)
            #expect(response.problemCode == "invalid-multipart")
        }
    }

    @Test func refusesANameThatNoCatalogueCanHave() async throws {
        let fixture = try ServerFixture()
        try await fixture.run { client async throws in
            let response = try await client.send(.pictures(0..<1), to: "/v1/catalogues/%2E%2E%2Fx/images")
            #expect(response.problemCode == "invalid-name")
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func saysWhenTheQueueIsFull() async throws {
        let fixture = try ServerFixture(queueCapacity: 1)
        try await fixture.run(workers: false) { client async throws in
            #expect(try await client.send(.pictures(0..<1), to: "/v1/catalogues/default/images").status == .accepted)
            let refused = try await client.send(.pictures(1..<2), to: "/v1/catalogues/default/images")
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.problemCode == "job-queue-full")
            #expect(refused.headers[.retryAfter] == "5")
        }
        // The list and the picture of the job that waits.
        #expect(try fixture.spooledFiles().count == 2)
    }

    @Test func takesURLsAsAJob() async throws {
        try await ServerFixture().run { client async throws in
            let path = "/v1/catalogues/default/images/urls"
            let response = try await client.send(["urls": ["http://127.0.0.1/a.png"]], to: path)
            #expect(response.status == .accepted)
            let id = try #require(try response.json()["job"]?["id"]?.string)
            #expect(try await client.waitForJob(id)["failed"] == 1)
            #expect(try await client.send(["urls": []], to: path).problemCode == "missing-field")
            #expect(try await client.send(["urls": [7]], to: path).problemCode == "invalid-json")
            #expect(try await client.send(["urls": ["a"], "model": "x"], to: path).problemCode == "model-unknown")
        }
    }
}
