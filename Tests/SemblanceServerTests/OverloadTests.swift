import Foundation
import HTTPTypes
import HummingbirdTesting
import SemblanceCore
import SemblanceEngine
import SemblanceServer
import SemblanceTesting
import Testing

/// Through real sockets: each limit is filled, one more is refused and told when to come back, and when the load is
/// gone the server answers as before.
@Suite struct OverloadTests {
    private static let post = "POST /v1/catalogues HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    private func expectRefusal(_ response: TestResponse) {
        #expect(response.status == .serviceUnavailable)
        #expect(response.problemCode == "overloaded")
        #expect(response.headers[.retryAfter] == "1")
    }

    @Test func refusesMoreRequestsThanItTakesOn() async throws {
        let fixture = try ServerFixture(.init(port: 0, maximumRequestCount: 2))
        try await fixture.run(.live) { client async throws in
            let port = try #require(client.port)
            // Requests whose bodies have not come yet are in work.
            let sockets = try (0..<2).map { _ in try Socket(port: port) }
            for socket in sockets { try socket.send(Self.post + "Content-Length: 13\r\n\r\n{\"name\"") }
            try await eventually { try await client.get("/v1/models").status == .serviceUnavailable }
            expectRefusal(try await client.get("/v1/catalogues"))
            #expect(try await client.get("/healthz").status == .ok)

            for (name, socket) in zip(["ab", "cd"], sockets) {
                try socket.send(":\"\(name)\"}")
                #expect(await socket.receive()?.hasPrefix("HTTP/1.1 201 ") == true)
            }
            try await eventually { try await client.get("/v1/models").status == .ok }
            #expect(try await client.get("/v1/catalogues").json()["catalogues"]?.elements.count == 2)
        }
    }

    /// Behind a proxy all clients come from one address.
    @Test func refusesAKeyMoreRequestsThanItsShare() async throws {
        let fixture = try ServerFixture(.init(port: 0, maximumRequestCount: 8))
        let (own, other) = (await fixture.makeKey(.admin), await fixture.makeKey(.read))
        try await fixture.run(.live) { client async throws in
            let port = try #require(client.port)
            let sockets = try (0..<2).map { _ in try Socket(port: port) }
            for socket in sockets {
                try socket.send(Self.post + "X-API-Key: \(own)\r\nContent-Length: 13\r\n\r\n{\"name\"")
            }
            // With the question itself.
            try await eventually {
                try await client.get("/metrics").text.contains("semblance_http_requests_in_work 3\n")
            }
            let refused = try await client.get("/v1/models", headers: [.init("X-API-Key")!: own])
            #expect(refused.status == .tooManyRequests)
            #expect(refused.problemCode == "rate-limited")
            #expect(refused.headers[.retryAfter] == "1")
            #expect(try await client.get("/v1/models", headers: [.init("X-API-Key")!: other]).status == .ok)
            #expect(try await client.get("/v1/models").status == .ok)

            for (name, socket) in zip(["ab", "cd"], sockets) {
                try socket.send(":\"\(name)\"}")
                #expect(await socket.receive()?.hasPrefix("HTTP/1.1 201 ") == true)
            }
            try await eventually {
                try await client.get("/v1/models", headers: [.init("X-API-Key")!: own]).status == .ok
            }
        }
    }

    @Test func refusesAKeyMoreUploadsThanItsShare() async throws {
        let fixture = try ServerFixture(.init(port: 0, maximumUploadCount: 4))
        let (own, other) = (await fixture.makeKey(.write), await fixture.makeKey(.write))
        try await fixture.run(.live) { client async throws in
            let socket = try Socket(port: try #require(client.port))
            let form = Form.unended([.file("files", "held.png", SmallImage.numbered(1))])
            try socket.send(
                "POST /upload_catalogue HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(form.contentType)\r\n"
                    + "X-API-Key: \(own)\r\nContent-Length: 1000000\r\n\r\n")
            try socket.send(form.bytes)
            try await eventually { try !fixture.spooledFiles().isEmpty }
            func upload(_ headers: HTTPFields) async throws -> HTTPResponse.Status {
                try await client.send(.pictures(0..<1), to: "/upload_catalogue", headers: headers).status
            }
            #expect(try await upload([.init("X-API-Key")!: own]) == .tooManyRequests)
            #expect(try await upload([.init("X-API-Key")!: other]) == .ok)
            #expect(try await upload([:]) == .ok)
            socket.breakOff()
            try await eventually { try await upload([.init("X-API-Key")!: own]) == .ok }
        }
    }

    @Test func refusesMoreUploadsThanItReceives() async throws {
        let fixture = try ServerFixture(.init(port: 0, maximumUploadCount: 1))
        try await fixture.run(.live) { client async throws in
            let socket = try Socket(port: try #require(client.port))
            let form = Form.unended([.file("files", "held.png", SmallImage.numbered(1))])
            try socket.send(
                "POST /upload_catalogue HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(form.contentType)\r\n"
                    + "Content-Length: 1000000\r\n\r\n")
            try socket.send(form.bytes)
            try await eventually { try !fixture.spooledFiles().isEmpty }
            expectRefusal(try await client.send(.pictures(0..<1), to: "/upload_catalogue"))
            expectRefusal(try await client.send(.pictures(0..<1), to: "/v1/catalogues/default/images"))
            // What is not an upload goes on.
            #expect(try await client.get("/v1/models").status == .ok)

            socket.breakOff()
            try await eventually { try await client.send(.pictures(0..<3), to: "/upload_catalogue").status == .ok }
            try await eventually {
                try await client.get("/v1/catalogues/default/images").json()["total"] == 3
            }
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func refusesQueriesWhenTheirThreadsAndTheQueueAreFull() async throws {
        let reader = HeldImageReader()
        let fixture = try ServerFixture(
            engine: EngineConfiguration(workerThreadCount: 1, maximumWaitingQueryCount: 1), reader: reader)
        try await fixture.run(.live) { client async throws in
            try await client.upload(.pictures(0..<3))
            reader.hold()
            defer { reader.letGo() }
            let (path, form) = (
                "/v1/catalogues/default/search", Form([.file("image", "a.png", SmallImage.numbered(1))])
            )
            let sockets = try (0..<2).map { _ in try Socket(port: try #require(client.port)) }
            try sockets[0].post(form, to: path)
            try await eventually { reader.heldCount == 1 }
            try sockets[1].post(form, to: path)
            try await eventually { fixture.engine.waitingQueryCount == 1 }
            for _ in 0..<5 { expectRefusal(try await client.send(form, to: path)) }
            // What needs no decoding goes on.
            #expect(try await client.get("/v1/catalogues/default/images").status == .ok)

            reader.letGo()
            for socket in sockets { #expect(await socket.receive()?.hasPrefix("HTTP/1.1 200 ") == true) }
            let found = try await client.send(form, to: path)
            #expect(try found.json()["results"]?.elements.first?["name"] == "1.png")
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }
}
