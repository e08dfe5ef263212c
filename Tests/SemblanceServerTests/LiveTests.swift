import Foundation
import Hummingbird
import HummingbirdTesting
import SemblanceCore
import SemblanceServer
import SemblanceTesting
import Testing

/// Through a real socket.
@Suite struct LiveTests {
    @Test func servesUploadsAndSearches() async throws {
        try await ServerFixture().run(.live) { client async throws in
            let job = try await client.upload(.pictures(0..<50))
            #expect(job["done"] == 50)
            let form = Form([.file("image", "q.png", SmallImage.numbered(11)), .field("k", "1")])
            let found = try await client.send(form, to: "/v1/catalogues/default/search").json()
            #expect(found["results"]?.elements.first?["name"] == "11.png")
        }
    }

    @Test func streamsAJobsProgressToItsEnd() async throws {
        try await ServerFixture().run(.live) { client async throws in
            let task = try await client.send(.pictures(0..<20), to: "/upload_catalogue").json()["task_id"]?.string
            let events = try await client.get("/v1/jobs/\(try #require(task))/events")
            #expect(events.headers[.contentType] == "text/event-stream; charset=utf-8")
            let last = try #require(events.text.components(separatedBy: "\n\n").last { $0.hasPrefix("event: job") })
            let data = try #require(last.components(separatedBy: "data: ").last)
            let job = try JSONValue(parsing: Data(data.utf8))
            #expect(job["state"] == "succeeded")
            #expect(job["done"] == 20)
        }
    }

    @Test func showsSignsOfLifeUntilTheServerStops() async throws {
        let fixture = try ServerFixture(.init(port: 0, heartbeat: .milliseconds(10)))
        // Without workers the job never ends: only the shutdown after the test's body can end the stream.
        let text = try await fixture.run(.live, workers: false) { client async throws in
            let task = try await client.send(.pictures(0..<1), to: "/upload_catalogue").json()["task_id"]?.string
            let port = try #require(client.port)
            let socket = try Socket(port: port)
            try socket.send("GET /v1/jobs/\(try #require(task))/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            var text = ""
            while !text.contains("still here") || !text.contains("event: job") {
                text += try #require(await socket.receive())
            }
            return text
        }
        #expect(text.contains("event: job"))
    }

    @Test func removesWhatABrokenUploadLeft() async throws {
        let fixture = try ServerFixture()
        try await fixture.run(.live) { client async throws in
            let socket = try Socket(port: try #require(client.port))
            let part = "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\n0123456789"
            try socket.send(
                "POST /upload_catalogue HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                    + "Content-Type: multipart/form-data; boundary=b\r\n\r\n" + part)
            try await eventually { try fixture.spooledFiles().count == 1 }
            socket.breakOff()
            try await eventually { try fixture.spooledFiles().isEmpty }
            #expect(try await client.get("/v1/jobs").json()["jobs"] == [])
        }
    }

    @Test func refusesALargeQueryWhileItIsStillSent() async throws {
        let fixture = try ServerFixture(limits: DecodingLimits(maximumByteCount: 2000))
        try await fixture.run(.live) { client async throws in
            try await client.upload(.pictures(0..<1))
            let socket = try Socket(port: try #require(client.port))
            let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"
            try socket.send(
                "POST /search_with_image HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n"
                    + "Content-Type: multipart/form-data; boundary=b\r\n\r\n" + part
                    + String(repeating: "x", count: 9000))
            let answer = try #require(await socket.receive())
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains("Connection: close"))
            #expect(answer.contains("image-too-many-bytes"))
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func asksForABodyThatWaits() async throws {
        try await ServerFixture().run(.live) { client async throws in
            let socket = try Socket(port: try #require(client.port))
            try socket.send(
                "POST /v1/catalogues HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\nExpect: 100-continue\r\n"
                    + "Content-Type: application/json\r\n\r\n")
            #expect(await socket.receive()?.hasPrefix("HTTP/1.1 100 ") == true)
            try socket.send("{\"name\":\"x\"}")
            #expect(await socket.receive()?.hasPrefix("HTTP/1.1 201 ") == true)
        }
    }

    @Test(arguments: ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"])
    func refusesWhatIsNotARequestForIt(text: String) async throws {
        try await ServerFixture().run(.live) { client async throws in
            let socket = try Socket(port: try #require(client.port))
            try socket.send(text)
            #expect(await socket.receive()?.hasPrefix("HTTP/1.1 4") == true)
        }
    }

    /// A connection that is accepted while the server stops must not end the process.
    @Test func stopsWhileConnectionsCome() async throws {
        for _ in 0..<5 {
            let connecting = try await ServerFixture().run(.live, workers: false) { client async throws in
                let port = try #require(client.port)
                return Socket.connectUntilRefused(port: port)
            }
            await connecting.value
        }
    }

    @Test func saysWhenThePortIsInUse() async throws {
        try await ServerFixture().run(.live) { client async throws in
            let second = try ServerFixture(.init(port: try #require(client.port)))
            let error = await #expect(throws: ServerError.self) { try await second.server.run() }
            #expect(error?.code == .addressInUse)
        }
    }
}
