import Foundation
import SemblanceCore
import SemblanceFetch
import Testing

private let picture = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

@Suite(.timeLimit(.minutes(2))) struct GuardedImageFetcherTests {
    @Test func fetchesAnImage() async throws {
        let server = try LocalServer { exchange in
            #expect(
                exchange.head.contains("Accept-Encoding: identity")
                    || exchange.head.contains("accept-encoding: identity"))
            exchange.sendFile(picture)
        }
        let trial = try Trial()
        #expect(try await trial.fetch(server.url + "/birds/duck%20one.png?size=1") == "duck one.png")
        #expect(trial.bytes == picture)
        #expect(server.paths == ["/birds/duck%20one.png?size=1"])
    }

    @Test func fetchesBodiesWithoutALengthAndChunked() async throws {
        let server = try LocalServer { exchange in
            if exchange.path == "/chunked" {
                exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            } else {
                exchange.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde")
            }
        }
        for path in ["/chunked", "/until-close"] {
            let trial = try Trial()
            _ = try await trial.fetch(server.url + path)
            #expect(trial.bytes == Array("abcde".utf8))
        }
    }

    @Test func followsFiveRedirectsAndKeepsTheFirstName() async throws {
        let server = try LocalServer { exchange in
            let count = Int(exchange.path.dropFirst()) ?? 0
            if count > 0 {
                exchange.sendRedirect(to: "/\(count - 1)", status: [301, 302, 303, 307, 308][count % 5])
            } else {
                exchange.sendFile([1, 2, 3])
            }
        }
        let trial = try Trial()
        #expect(try await trial.fetch(server.url + "/5") == "5")
        #expect(trial.bytes == [1, 2, 3])
        #expect(server.paths == ["/5", "/4", "/3", "/2", "/1", "/0"])
        try await Trial().expectFailure(.fetchFailed, fetching: server.url + "/6", mentioning: "more than 5 times")
    }

    @Test func endsARedirectLoop() async throws {
        let server = try LocalServer { $0.sendRedirect(to: $0.path) }
        try await Trial().expectFailure(.fetchFailed, fetching: server.url + "/loop", mentioning: "redirects")
        #expect(server.paths.count == 6)
    }

    /// The first hop is explicitly allowed; where it redirects to is checked all the same.
    @Test func refusesARedirectToAPrivateAddress() async throws {
        let secret = try LocalServer(address: "127.0.0.2") { $0.sendFile(picture) }
        for location in [
            secret.url, "http://[::ffff:127.0.0.2]:\(secret.port)/", "http://2130706434:\(secret.port)/",
            "http://0177.0.0.2:\(secret.port)/",
        ] {
            let server = try LocalServer { $0.sendRedirect(to: location) }
            try await Trial().expectFailure(
                .fetchRefused, fetching: server.url + "/a", mentioning: "not at a public address"
            ) {
                $0.allowsPrivateAddresses = false
                $0.allowedNetworks = ["127.0.0.1/32"]
            }
            #expect(server.paths == ["/a"])
        }
        #expect(secret.paths.isEmpty)
    }

    /// The name may stand for ::1 first, where nothing listens: the next address is tried. The server still hears the
    /// name, though the connection is made to an address.
    @Test func asksForTheNameAtTheCheckedAddress() async throws {
        let server = try LocalServer { exchange in
            #expect(exchange.head.lowercased().contains("\r\nhost: localhost:"))
            exchange.sendFile(picture)
        }
        let trial = try Trial()
        _ = try await trial.fetch("http://localhost:\(server.port)/a")
        #expect(trial.bytes == picture)
    }

    @Test func allowsConfiguredNetworks() async throws {
        let server = try LocalServer { $0.sendFile(picture) }
        let trial = try Trial()
        _ = try await trial.fetch(server.url + "/a") {
            $0.allowsPrivateAddresses = false
            $0.allowedNetworks = ["127.0.0.0/8"]
        }
        #expect(trial.bytes == picture)
    }

    @Test(arguments: [
        "localhost", "LOCALHOST", "127.0.0.1", "2130706433", "0177.0.0.1", "0x7f000001", "0x7f.1", "127.1",
        "[::1]", "[::]", "0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]", "169.254.169.254", "10.0.0.1", "[fd00::1]", "[fe80::1]",
    ])
    func refusesSpecialAddressesInEveryForm(host: String) async throws {
        let server = try LocalServer { $0.sendFile(picture) }
        try await Trial().expectFailure(.fetchRefused, fetching: "http://\(host):\(server.port)/a.png") {
            $0.allowsPrivateAddresses = false
        }
        #expect(server.paths.isEmpty)
    }

    @Test(arguments: [404, 403, 500, 204, 304])
    func namesTheStatus(status: Int) async throws {
        let server = try LocalServer { $0.send("HTTP/1.1 \(status) Whatever\r\nContent-Length: 0\r\n\r\n") }
        try await Trial().expectFailure(.fetchFailed, fetching: server.url, mentioning: "status \(status)")
    }

    @Test func refusesTooManyBytesByTheirLengthAlone() async throws {
        let server = try LocalServer { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
            exchange.waitForClose()
        }
        try await Trial().expectFailure(
            .tooManyBytes, fetching: server.url, maximumByteCount: 1000, mentioning: "1000 bytes")
    }

    @Test func stopsABodyThatNeverEnds() async throws {
        let server = try LocalServer { exchange in
            exchange.send("HTTP/1.1 200 OK\r\n\r\n")
            while exchange.send(picture) {}
        }
        try await Trial().expectFailure(.tooManyBytes, fetching: server.url, maximumByteCount: 1 << 20)
    }

    @Test func takesABodyOfExactlyTheLimit() async throws {
        let server = try LocalServer { $0.sendFile(picture) }
        let trial = try Trial()
        _ = try await trial.fetch(server.url, maximumByteCount: picture.count)
        #expect(trial.bytes == picture)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
    func limitsTheTimeOfASlowServer(sent: String) async throws {
        let server = try LocalServer { exchange in
            exchange.send(sent)
            exchange.waitForClose()
        }
        try await Trial().expectFailure(.fetchFailed, fetching: server.url, mentioning: "within 0.3 seconds") {
            $0.timeLimit = .milliseconds(300)
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "nonsense\r\n\r\n",
    ])
    func reportsAConnectionThatIsCut(sent: String) async throws {
        let server = try LocalServer { $0.send(sent) }
        try await Trial().expectFailure(.fetchFailed, fetching: server.url)
    }

    @Test func reportsAPortWhereNothingListens() async throws {
        let server = try LocalServer(isListening: false) { _ in }
        try await Trial().expectFailure(.fetchFailed, fetching: server.url, mentioning: "did not answer")
    }

    @Test func reportsANameThatDoesNotExist() async throws {
        try await Trial().expectFailure(
            .fetchFailed, fetching: "http://nowhere.invalid/a.png", mentioning: "could not be found")
    }

    @Test func endsWhenCancelled() async throws {
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = try LocalServer { exchange in
            exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
            continuation.yield()
            exchange.waitForClose()
        }
        let url = server.url
        let task = Task {
            let trial = try Trial()
            defer { #expect(trial.bytes == nil) }
            _ = try await trial.fetch(url)
        }
        var iterator = asked.makeAsyncIterator()
        await iterator.next()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func reportsAFileThatCannotBeWritten() async throws {
        let server = try LocalServer { $0.sendFile(picture) }
        let fetcher = try GuardedImageFetcher(
            {
                var open = FetchConfiguration()
                open.allowsPrivateAddresses = true
                return open
            }())
        let error = await #expect(throws: StoreError.self) {
            try await fetcher.fetch(server.url, to: "/nowhere/image", maximumByteCount: 1 << 20)
        }
        #expect(error?.code == .notWritable)
    }

    @Test func refusesAConfigurationOutOfRange() {
        var configuration = FetchConfiguration()
        configuration.maximumRedirectCount = -1
        #expect(throws: RequestError.self) { try GuardedImageFetcher(configuration) }
        configuration = FetchConfiguration()
        configuration.timeLimit = .zero
        #expect(throws: RequestError.self) { try GuardedImageFetcher(configuration) }
    }
}
