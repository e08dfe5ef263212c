import HTTPTypes
import Hummingbird
import HummingbirdTesting
import SemblanceCore
import SemblanceServer
import Testing

@Suite struct AccessTests {
    private static let exposed = ServerConfiguration(host: "0.0.0.0", port: 0)

    @Test func letsInKeysByScopeOnly() async throws {
        let fixture = try ServerFixture(Self.exposed)
        let keys = [
            await fixture.makeKey(.read), await fixture.makeKey(.write), await fixture.makeKey(.admin),
        ]
        try await fixture.run { client async throws in
            for (key, expected) in zip(keys, [[200, 403, 403], [200, 201, 403], [200, 409, 204]]) {
                let headers: HTTPFields = [.authorization: "Bearer \(key)", .contentType: "application/json"]
                let body = ByteBuffer(string: "{\"name\": \"a\"}")
                let statuses = [
                    try await client.get("/v1/models", headers: headers).status.code,
                    try await client.execute(uri: "/v1/catalogues", method: .post, headers: headers, body: body).status
                        .code,
                    try await client.delete("/v1/catalogues/a", headers: headers).status.code,
                ]
                #expect(statuses == expected)
            }
        }
    }

    @Test func takesAKeyInEitherHeader() async throws {
        let fixture = try ServerFixture(Self.exposed)
        let key = await fixture.makeKey(.read)
        try await fixture.run { client async throws in
            #expect(try await client.get("/v1/models", headers: [.init("X-API-Key")!: key]).status == .ok)
            #expect(try await client.get("/v1/models", headers: [.authorization: "bearer \(key)"]).status == .ok)
        }
    }

    @Test(
        arguments: [
            [:], [.authorization: "Bearer sem_wrong"], [.authorization: "Bearer"], [.authorization: "Basic YTpi"],
            [.init("X-API-Key")!: ""], [.init("X-API-Key")!: String(repeating: "x", count: 1000)],
        ] as [HTTPFields])
    func refusesWithoutAKnownKey(headers: HTTPFields) async throws {
        let fixture = try ServerFixture(Self.exposed)
        _ = await fixture.makeKey(.admin)
        try await fixture.run { client async throws in
            for path in ["/v1/models", "/metrics", "/config/model_config.json", "/get_task_status/x"] {
                let response = try await client.get(path, headers: headers)
                #expect(response.status == .unauthorized)
                #expect(response.headers[.wwwAuthenticate] != nil)
            }
        }
    }

    @Test func showsHealthAndPageWithoutAKey() async throws {
        let fixture = try ServerFixture(Self.exposed)
        try await fixture.run { client async throws in
            #expect(try await client.get("/healthz").status == .ok)
            #expect(try await client.get("/readyz").status == .serviceUnavailable)
            fixture.readiness.markReady()
            #expect(try await client.get("/readyz").status == .ok)
            #expect(try await client.get("/openapi.json").status == .ok)
        }
    }

    @Test func refusesToListenToOthersWithoutAnyKey() async throws {
        let fixture = try ServerFixture(Self.exposed)
        await #expect(throws: ServerError.self) { try await fixture.server.run() }
    }

    private static let open = ServerConfiguration(
        host: "0.0.0.0", port: 0, allowAnonymous: true, allowedHosts: ["photos.example"])

    @Test func letsEveryoneInWhenToldTo() async throws {
        try await ServerFixture(Self.open).run { client async throws in
            #expect(try await client.get("/v1/models").status == .ok)
        }
    }

    /// Everyone may come, but by themselves: not sent by another page in their browser (CSRF), nor through a name that
    /// was rebound to this server's address.
    @Test(arguments: [
        ("photos.example", "", 200), ("photos.example:8000", "http://photos.example:8000", 200), ("10.1.2.3", "", 200),
        ("10.1.2.3:80", "http://10.1.2.3:80", 200), ("evil.example", "", 421),
        ("evil.example", "http://evil.example", 421),
        ("photos.example", "http://evil.example", 403), ("10.1.2.3", "null", 403),
    ])
    func letsNoOtherWebPageInWithThem(host: String, origin: String, status: Int) async throws {
        try await ServerFixture(Self.open).run(.live) { client async throws in
            let socket = try Socket(port: try #require(client.port))
            let line = origin.isEmpty ? "" : "Origin: \(origin)\r\n"
            try socket.send("GET /v1/models HTTP/1.1\r\nHost: \(host)\r\n\(line)Connection: close\r\n\r\n")
            #expect(await socket.receive()?.hasPrefix("HTTP/1.1 \(status) ") == true)
        }
    }

    /// Behind a proxy every client looks local.
    @Test func asksForAKeyOnThisMachineWhenToldTo() async throws {
        let fixture = try ServerFixture(ServerConfiguration(port: 0, alwaysRequiresKey: true))
        let key = await fixture.makeKey(.read)
        try await fixture.run(.live) { client async throws in
            let port = try #require(client.port)
            for (header, status) in [("", 401), ("X-API-Key: \(key)\r\n", 200)] {
                let socket = try Socket(port: port)
                try socket.send(
                    "GET /v1/models HTTP/1.1\r\nHost: photos.example\r\n\(header)Connection: close\r\n\r\n")
                #expect(await socket.receive()?.hasPrefix("HTTP/1.1 \(status) ") == true)
            }
        }
        await #expect(throws: ServerError.self) {
            try await ServerFixture(ServerConfiguration(port: 0, alwaysRequiresKey: true)).server.run()
        }
    }

    @Test func doesNotForgiveAWrongKeyWhereNoneIsNeeded() async throws {
        try await ServerFixture().run { client async throws in
            #expect(try await client.get("/v1/models", headers: [.init("X-API-Key")!: "sem_x"]).status == .unauthorized)
        }
    }

    @Test func refusesOtherWebPages() async throws {
        let fixture = try ServerFixture()
        let key = await fixture.makeKey(.read)
        try await fixture.run { client async throws in
            for origin in ["http://evil.example", "null", "http://localhost:9999", "https://localhost.evil.example"] {
                let response = try await client.get("/v1/models", headers: [.origin: origin])
                #expect(response.problemCode == "foreign-origin")
                let keyed = try await client.get("/v1/models", headers: [.origin: origin, .init("X-API-Key")!: key])
                #expect(keyed.status == .ok)
            }
            #expect(try await client.get("/v1/models", headers: [.origin: "http://localhost"]).status == .ok)
            let site = HTTPField.Name("Sec-Fetch-Site")!
            let crossSite = try await client.execute(
                uri: "/v1/jobs/x/cancel", method: .post, headers: [site: "cross-site"])
            #expect(crossSite.status == .forbidden)
            // What a page asks for by itself, such as a picture, and a link that somebody followed.
            let picture = try await client.get("/v1/models", headers: [site: "cross-site", .fetchMode: "no-cors"])
            #expect(picture.problemCode == "foreign-origin")
            let frame = try await client.get(
                "/", headers: [site: "same-site", .fetchMode: "navigate", .fetchDestination: "iframe"])
            #expect(frame.status == .forbidden)
            let link = try await client.get(
                "/v1/models", headers: [site: "cross-site", .fetchMode: "navigate", .fetchDestination: "document"])
            #expect(link.status == .ok)
        }
    }

    @Test(arguments: [
        ("localhost", true), ("localhost:8000", true), ("127.0.0.1:8000", true), ("[::1]:8000", true),
        ("192.168.1.5", true), ("LOCALHOST", true), ("photos.example:8000", true), ("evil.example", false),
        ("localhost.evil.example", false), ("127.0.0.1.evil.example", false), ("", false), ("[::1", false),
        ("localhost:port", false), ("a:b:c", false),
    ])
    func refusesHostsThatMayBeReboundNames(host: String, isAllowed: Bool) throws {
        let origins = OriginGuard(ServerConfiguration(allowedHosts: ["Photos.example"]))
        let request = Request(
            head: .init(method: .get, scheme: "http", authority: host, path: "/"), body: .init(buffer: .init()))
        if isAllowed {
            try origins.check(request)
        } else {
            #expect(throws: ServerError.self) { try origins.check(request) }
        }
    }

    @Test func bindsSafelyByDefault() {
        #expect(ServerConfiguration().isLoopback)
        #expect(!ServerConfiguration().requiresKey)
        for host in ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org"] {
            #expect(ServerConfiguration(host: host).requiresKey)
        }
        for host in ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"] {
            #expect(!ServerConfiguration(host: host).requiresKey)
            #expect(ServerConfiguration(host: host, alwaysRequiresKey: true).requiresKey)
        }
    }

    @Test func refusesConfigurationsOutOfRange() {
        for bad in [
            ServerConfiguration(host: ""), ServerConfiguration(port: 70_000), ServerConfiguration(requestsPerMinute: 0),
            ServerConfiguration(maximumRequestCount: 0), ServerConfiguration(heartbeat: .zero),
            ServerConfiguration(allowAnonymous: true, alwaysRequiresKey: true),
        ] {
            #expect(throws: ServerError.self) { try bad.validate() }
        }
    }
}

extension HTTPField.Name {
    fileprivate static let fetchMode = HTTPField.Name("Sec-Fetch-Mode")!
    fileprivate static let fetchDestination = HTTPField.Name("Sec-Fetch-Dest")!
}
