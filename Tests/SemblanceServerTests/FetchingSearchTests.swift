import Foundation
import HummingbirdTesting
import SemblanceCore
import SemblanceFetch
import SemblanceServer
import SemblanceTesting
import Testing

/// With the program's own fetcher and a host that takes connections and never answers.
@Suite(.timeLimit(.minutes(2))) struct FetchingSearchTests {
    private static let path = "/v1/catalogues/default/search"

    private func fixture(_ configuration: ServerConfiguration) throws -> ServerFixture {
        var fetching = FetchConfiguration()
        fetching.allowsPrivateAddresses = true
        return try ServerFixture(configuration, fetcher: try GuardedImageFetcher(fetching))
    }

    private static func silentHost(_ client: any TestClientProtocol) throws -> StallingProxy {
        let proxy = try StallingProxy(to: try #require(client.port))
        proxy.stall()
        return proxy
    }

    private static func query(_ host: StallingProxy, count: Int) -> JSONValue {
        let term: JSONValue = ["url": .string("http://127.0.0.1:\(host.port)/a.png")]
        return .object(["query": .array([JSONValue](repeating: term, count: count))])
    }

    @Test func endsASearchForManyURLsWithinOneTimeLimit() async throws {
        let fixture = try fixture(.init(port: 0, fetchingTimeLimit: .milliseconds(500)))
        try await fixture.run(.live) { client async throws in
            let host = try Self.silentHost(client)
            defer { host.close() }
            try await client.upload(.pictures(0..<1))
            let response = try await client.send(Self.query(host, count: 8), to: Self.path)
            #expect(response.status == .unprocessableContent)
            #expect(response.problemCode == "image-fetch-failed")
            #expect(try response.json()["detail"]?.string?.contains("all its URLs together") == true)
        }
        #expect(try fixture.spooledFiles().isEmpty)
    }

    @Test func keepsSearchesThatFetchFromTakingThePlacesOfOthers() async throws {
        let fixture = try fixture(
            .init(port: 0, maximumFetchingSearchCount: 1, fetchingTimeLimit: .seconds(8)))
        try await fixture.run(.live) { client async throws in
            let host = try Self.silentHost(client)
            defer { host.close() }
            try await client.upload(.pictures(0..<1))
            let body = Self.query(host, count: 1).text
            let sockets = try (0..<2).map { _ in try Socket(port: try #require(client.port)) }
            for socket in sockets {
                try socket.send(
                    "POST \(Self.path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            let form = Form([.file("image", "a.png", SmallImage.numbered(0))])
            #expect(try await client.send(form, to: Self.path).status == .ok)
            var answers: [String] = []
            for socket in sockets { answers.append(String(try #require(await socket.receive()).prefix(13))) }
            #expect(answers.sorted() == ["HTTP/1.1 422 ", "HTTP/1.1 503 "])
        }
    }
}
