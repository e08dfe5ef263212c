import Hummingbird
import HummingbirdTesting
import SemblanceCore
import SemblanceTesting
import Testing

@Suite struct ImageAPITests {
    @Test func showsWhatWasUploaded() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(
                Form([
                    .file("files", "folder/a red chair.png", SmallImage.numbered(1)),
                    .field("metadata", "{\"category\": \"chair\"}"),
                ]))
            let page = try await client.get("/v1/catalogues/default/images").json()
            let image = try #require(page["images"]?.elements.first)
            let id = try #require(image["id"]?.string)
            #expect(page["total"] == 1)
            #expect(page["next_cursor"] == .null)
            #expect(image["name"] == "a red chair.png")
            #expect(image["metadata"] == ["category": "chair"])
            #expect(image["original_url"]?.string == "/v1/catalogues/default/images/\(id)/original/a%20red%20chair.png")
            #expect(try await client.get("/v1/catalogues/default/images/\(id)").json() == image)
        }
    }

    @Test func pagesThroughAllImagesOnce() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<7))
            var names: [String] = []
            var path: String? = "/v1/catalogues/default/images?limit=3"
            while let next = path {
                let page = try await client.get(next).json()
                names += page["images"]?.elements.compactMap { $0["name"]?.string } ?? []
                path = page["next_cursor"]?.string.map { "/v1/catalogues/default/images?limit=3&cursor=\($0)" }
            }
            #expect(names.count == 7)
            #expect(Set(names).count == 7)
        }
    }

    @Test func filtersByMetadata() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<2, fields: [.field("metadata", "{\"kind\": \"a b\"}")]))
            try await client.upload(.pictures(2..<5, fields: [.field("metadata", "{\"kind\": \"c\"}")]))
            let page = try await client.get("/v1/catalogues/default/images?filter=kind%3Da+b").json()
            #expect(page["total"] == 2)
        }
    }

    @Test func refusesMoreMetadataThanAnImageMayHave() async throws {
        let text = String(repeating: "x", count: 40_000)
        try await ServerFixture().run { client async throws in
            let large: JSONValue = ["a": .string(text), "b": .string(text)]
            let fields = [Form.Part.field("metadata", large.text)]
            let uploads = "/v1/catalogues/default/images"
            // The form's limit on a field is reached first.
            let form = Form.pictures(0..<1, fields: fields)
            #expect(try await client.send(form, to: uploads).problemCode == "invalid-multipart")
            let urls: JSONValue = ["urls": ["http://example.org/a.png"], "metadata": large]
            #expect(try await client.send(urls, to: uploads + "/urls").problemCode == "invalid-metadata")

            let small = JSONValue.object(["a": .string(text)])
            try await client.upload(.pictures(0..<1, fields: [.field("metadata", small.text)]))
            let id = try #require(try await client.get(uploads).json()["images"]?.elements.first?["id"]?.string)
            let (path, more) = (uploads + "/" + id, JSONValue.object(["metadata": ["b": .string(text)]]))
            #expect(try await client.send(more, to: path, method: .patch).problemCode == "invalid-metadata")
            #expect(try await client.get(path).json()["metadata"] == small)
            let other: JSONValue = ["metadata": ["a": .null, "b": .string(text)]]
            #expect(try await client.send(other, to: path, method: .patch).status == .ok)
        }
    }

    @Test func mergesMetadata() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1, fields: [.field("metadata", "{\"a\": 1, \"b\": 2}")]))
            let id = try await client.firstImage()
            let patch: JSONValue = ["metadata": ["a": .null, "c": ["d": true]]]
            let path = "/v1/catalogues/default/images/\(id)"
            let image = try await client.send(patch, to: path, method: .patch).json()
            #expect(image["metadata"] == ["b": 2, "c": ["d": true]])
            #expect(try await client.send(["metadata": 7], to: path, method: .patch).problemCode == "invalid-json")
        }
    }

    @Test func servesOriginalsThatABrowserCannotRun() async throws {
        try await ServerFixture().run { client async throws in
            let bytes = SmallImage.numbered(3)
            try await client.upload(Form([.file("files", "evil.html", bytes)]))
            let id = try await client.firstImage()
            let original = try await client.get("/v1/catalogues/default/images/\(id)/original/evil.html")
            #expect(Array(original.body.readableBytesView) == bytes)
            #expect(original.headers[.contentType] == "image/png")
            #expect(original.headers[.xContentTypeOptions] == "nosniff")
            #expect(original.headers[.contentSecurityPolicy] == "default-src 'none'; sandbox")
            #expect(original.headers[.cacheControl]?.contains("immutable") == true)
            let tag = try #require(original.headers[.eTag])
            let again = try await client.get(
                "/v1/catalogues/default/images/\(id)/original", headers: [.ifNoneMatch: tag])
            #expect(again.status == .notModified)
            #expect(again.body.readableBytes == 0)
        }
    }

    @Test func makesThumbnails() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            let thumbnail = try await client.get(
                "/v1/catalogues/default/images/\(try await client.firstImage())/thumbnail")
            #expect(thumbnail.status == .ok)
            #expect(thumbnail.headers[.contentType] == "image/webp")
            #expect(Array(thumbnail.body.readableBytesView) == SmallImage.numbered(0))
        }
    }

    @Test func answersHeadWithoutABody() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            let id = try await client.firstImage()
            let head = try await client.execute(
                uri: "/v1/catalogues/default/images/\(id)/original", method: .head)
            #expect(head.status == .ok)
            #expect(head.headers[.contentLength] == "\(SmallImage.numbered(0).count)")
            #expect(head.body.readableBytes == 0)
        }
    }

    @Test func deletesAnImage() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<1))
            let path = "/v1/catalogues/default/images/\(try await client.firstImage())"
            #expect(try await client.delete(path).status == .noContent)
            #expect(try await client.delete(path).problemCode == "image-unknown")
            #expect(try await client.get(path + "/original").status == .notFound)
        }
    }

    @Test(arguments: [
        ("/v1/catalogues/default/images?limit=0", 400), ("/v1/catalogues/default/images?limit=1001", 400),
        ("/v1/catalogues/default/images?limit=ten", 400), ("/v1/catalogues/default/images?limit=-1", 400),
        ("/v1/catalogues/default/images?cursor=-1", 400), ("/v1/catalogues/default/images?cursor=%00", 400),
        ("/v1/catalogues/default/images?filter=nothing", 400), ("/v1/catalogues/default/images?filter=%7B", 400),
        ("/v1/catalogues/default/images?limit=1&limit=2", 400), ("/v1/catalogues/default/images?filter=%ff", 400),
        ("/v1/catalogues/default/images/xyz", 400), ("/v1/catalogues/default/images/%zz", 400),
        ("/v1/catalogues/%2e%2e%2fetc/images", 404), ("/v1/catalogues/default%00/images", 404),
        ("/v1/catalogues/%ff/images", 400), ("/v1/catalogues/nobody/images", 404),
        ("/v1/catalogues/default/images/" + String(repeating: "0", count: 64), 404),
        ("/v1/catalogues/default/images/" + String(repeating: "0", count: 64) + "/original/../../../etc/passwd", 404),
        ("/v1/catalogues/default/images/" + String(repeating: "0", count: 64) + "/thumbnail", 404),
    ])
    func refusesBadRequests(path: String, status: Int) async throws {
        try await ServerFixture().run { client async throws in
            _ = try await client.send(["name": "default"], to: "/v1/catalogues")
            let response = try await client.get(path)
            #expect(response.status.code == status)
            #expect(response.problemCode != nil)
        }
    }
}

extension TestClientProtocol {
    /// The id of a catalogue's first image.
    func firstImage(in catalogue: String = "default") async throws -> String {
        let response = try await get("/v1/catalogues/\(catalogue)/images")
        guard let id = try response.json()["images"]?.elements.first?["id"]?.string else {
            throw UnexpectedResponse(response)
        }
        return id
    }
}
