import HTTPTypes
import HummingbirdTesting
import NIOCore
import SemblanceCore
import SemblanceServer
import SemblanceTesting
import Testing

@Suite struct LoadTests {
    @Test func letsABurstThroughAndThenTheAverage() {
        var buckets = TokenBuckets(perMinute: 60, burst: 3)
        let start = ContinuousClock.now
        for _ in 0..<3 { #expect(buckets.take(for: "a", at: start) == nil) }
        #expect(buckets.take(for: "a", at: start) == 1)
        #expect(buckets.take(for: "b", at: start) == nil)
        #expect(buckets.take(for: "a", at: start + .seconds(1)) == nil)
        #expect(buckets.take(for: "a", at: start + .milliseconds(1500)) != nil)
        for _ in 0..<3 { #expect(buckets.take(for: "a", at: start + .seconds(60)) == nil) }
        #expect(buckets.take(for: "a", at: start + .seconds(60)) != nil)
    }

    @Test func remembersABoundedNumberOfClients() {
        var buckets = TokenBuckets(perMinute: 1, burst: 1)
        let now = ContinuousClock.now
        for client in 0..<25_000 { _ = buckets.take(for: "\(client)", at: now + .microseconds(client)) }
        #expect(buckets.clientCount <= TokenBuckets.maximumClientCount)
        #expect(buckets.take(for: "24999", at: now + .seconds(1)) != nil)
    }

    @Test func refusesABodyThatTrickles() throws {
        var pace = BodyPace()
        // A pause may be, and a line that is slow.
        try pace.count(1, after: .seconds(29))
        try pace.count(20_480, after: .seconds(11))
        var trickle = BodyPace()
        try trickle.count(1, after: .seconds(20))
        let error = #expect(throws: ServerError.self) { try trickle.count(1, after: .seconds(20)) }
        #expect(error?.code == .bodyTooSlow)
    }

    /// Such a body would keep its place for a day.
    @Test func refusesALargeBodyThatComesSlowlyForLong() {
        var pace = BodyPace()
        let error = #expect(throws: ServerError.self) {
            for _ in 0..<120 { try pace.count(600, after: .seconds(1)) }
        }
        #expect(error?.code == .bodyTooSlow)
    }

    @Test func takesALargeBodyFromASlowLine() throws {
        var pace = BodyPace()
        for _ in 0..<3600 { try pace.count(4_000, after: .seconds(1)) }
    }

    @Test func refusesMoreThanItsSlots() async throws {
        let slots = Slots(1, of: "uploads")
        try await slots.hold(for: nil) {
            let error = await #expect(throws: RequestError.self) { try await slots.hold(for: nil) {} }
            #expect(error?.code == .overloaded)
        }
        try await slots.hold(for: nil) {}
    }

    @Test func givesAClientAQuarterOfTheSlots() async throws {
        let slots = Slots(8, of: "uploads")
        try await slots.hold(for: .network("a")) {
            try await slots.hold(for: .network("a")) {
                let error = await #expect(throws: ServerError.self) { try await slots.hold(for: .network("a")) {} }
                #expect(error?.code == .rateLimited)
                try await slots.hold(for: .network("b")) {}
                try await slots.hold(for: nil) {}
            }
            try await slots.hold(for: .network("a")) {}
        }
    }

    @Test func givesAProgramOfThisMachineAllSlots() async throws {
        let slots = Slots(2, of: "uploads")
        try await slots.hold(for: nil) { try await slots.hold(for: nil) {} }
    }

    @Test func refusesAWaitingClientTooMany() async throws {
        let fixture = try ServerFixture(.init(port: 0, maximumWaitingClientCount: 1, heartbeat: .milliseconds(10)))
        try await fixture.run(.live, workers: false) { client async throws in
            let task = try await client.send(.pictures(0..<1), to: "/upload_catalogue").json()["task_id"]?.string
            let id = try #require(task)
            let socket = try Socket(port: try #require(client.port))
            try socket.send("GET /v1/jobs/\(id)/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await socket.receive()?.hasPrefix("HTTP/1.1 200 ") == true)
            let refused = try await client.get("/v1/jobs/\(id)/events")
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.problemCode == "overloaded")
            #expect(refused.headers[.retryAfter] == "1")
            #expect(try await client.get("/poll_task_status/\(id)").status == .serviceUnavailable)
            // A client that goes gives its place back.
            socket.breakOff()
            try await eventually { try await client.get("/poll_task_status/\(id)?timeout=0").status == .ok }
        }
    }

    @Test(.enabled("this machine has no address but its own") { Self.address != nil })
    func limitsClientsOfOtherAddresses() async throws {
        let address = try #require(Self.address)
        let fixture = try ServerFixture(
            .init(host: "0.0.0.0", port: 0, allowAnonymous: true, requestsPerMinute: 30, requestBurst: 3))
        try await fixture.serve { port in
            func answer(on address: String) async throws -> String {
                let socket = try Socket(address: address, port: port)
                try socket.send("GET /v1/models HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n")
                return try #require(await socket.receive())
            }
            for _ in 0..<3 { #expect(try await answer(on: address).hasPrefix("HTTP/1.1 200 ")) }
            var refusal = ""
            // One more every two seconds is let through.
            try await eventually {
                refusal = try await answer(on: address)
                return !refusal.hasPrefix("HTTP/1.1 200 ")
            }
            #expect(refusal.hasPrefix("HTTP/1.1 429 "))
            #expect(refusal.contains("Retry-After: "))
            #expect(refusal.contains("rate-limited"))
            try await eventually { try await answer(on: address).hasPrefix("HTTP/1.1 200 ") }
            for _ in 0..<10 { #expect(try await answer(on: "127.0.0.1").hasPrefix("HTTP/1.1 200 ")) }
        }
    }

    /// It asks for more than the sockets hold and takes nothing.
    @Test func closesAConnectionWhoseClientDoesNotRead() async throws {
        let count = 2000
        try await ServerFixture(.init(port: 0, idleTimeout: .seconds(1))).run(.live) { client async throws in
            let socket = try Socket(port: try #require(client.port))
            let request = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
            for _ in 0..<count { try socket.send(request) }
            try await Task.sleep(for: .seconds(4))
            var answers = 0
            while let text = await socket.receive() {
                answers += text.components(separatedBy: "HTTP/1.1 200 ").count - 1
            }
            #expect(answers < count)
        }
    }

    @Test func countsIPv4ClientsOfADualSocketApart() throws {
        let clients = try ["::ffff:10.0.0.1", "::ffff:10.0.0.2", "2001:db8::1", "2001:db8::2", "10.0.0.1"].map {
            TokenBuckets.client(at: try SocketAddress(ipAddress: $0, port: 80))
        }
        #expect(clients[0] != clients[1] && clients[2] == clients[3] && clients[0] == clients[4])
    }

    /// An IPv4 address of this machine that is not loopback.
    private static var address: String? {
        let addresses = (try? System.enumerateDevices())?.compactMap(\.address) ?? []
        return addresses.lazy.compactMap { address -> String? in
            guard case .v4 = address, let text = address.ipAddress, !text.hasPrefix("127.") else { return nil }
            return text
        }.first
    }
}
