import SemblanceCore
import SemblanceFetch
import Synchronization
import Testing

/// Names whose addresses change between the check and the connection, or of which not all are allowed.
@Suite(.timeLimit(.minutes(1))) struct PinnedAddressTests {
    /// A name server under a stranger's control: its answers one after the other, the last one for ever.
    private final class NameServer: Sendable {
        private let answers: [[String]]
        private let asked = Mutex<[String]>([])

        /// Names asked for so far.
        var names: [String] { asked.withLock { $0 } }

        init(_ answers: [String]...) { self.answers = answers }

        func resolve(_ host: String) -> [IPAddress] {
            let count = asked.withLock { asked in
                asked.append(host)
                return asked.count
            }
            return answers[min(count, answers.count) - 1].compactMap { IPAddress($0) }
        }
    }

    private static func allowFirstServerOnly(_ configuration: inout FetchConfiguration) {
        configuration.allowsPrivateAddresses = false
        configuration.allowedNetworks = ["127.0.0.1/32"]
    }

    /// Nobody else knows the name: connected is to the address that was checked, or not at all.
    @Test func connectsToTheAddressThatWasChecked() async throws {
        let server = try LocalServer { exchange in
            #expect(exchange.head.lowercased().contains("\r\nhost: pinned.invalid:"))
            exchange.sendFile([1, 2, 3])
        }
        let names = NameServer(["127.0.0.1"], ["127.0.0.2"])
        let trial = try Trial(resolve: { names.resolve($0) })
        _ = try await trial.fetch("http://pinned.invalid:\(server.port)/a", configure: Self.allowFirstServerOnly)
        #expect(trial.bytes == [1, 2, 3])
        #expect(names.names == ["pinned.invalid"])
    }

    @Test(arguments: [
        ["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "::1"], ["127.0.0.1", "10.0.0.1"],
    ])
    func refusesANameOfWhichOneAddressIsForbidden(addresses: [String]) async throws {
        let server = try LocalServer { $0.sendFile([1, 2, 3]) }
        let names = NameServer(addresses)
        try await Trial(resolve: { names.resolve($0) }).expectFailure(
            .fetchRefused, fetching: "http://mixed.invalid:\(server.port)/a", mentioning: "not at a public address",
            configure: Self.allowFirstServerOnly)
        #expect(server.paths.isEmpty)
    }

    @Test func checksANameAnewAfterARedirect() async throws {
        let server = try LocalServer { $0.sendRedirect(to: "/again") }
        let names = NameServer(["127.0.0.1"], ["127.0.0.2"])
        try await Trial(resolve: { names.resolve($0) }).expectFailure(
            .fetchRefused, fetching: "http://changing.invalid:\(server.port)/a", mentioning: "not at a public address",
            configure: Self.allowFirstServerOnly)
        #expect(server.paths == ["/a"])
        #expect(names.names == ["changing.invalid", "changing.invalid"])
    }

    @Test func triesTheNextAddressWhereNothingListens() async throws {
        let server = try LocalServer { $0.sendFile([1, 2, 3]) }
        let names = NameServer(["127.0.0.3", "127.0.0.1"])
        let trial = try Trial(resolve: { names.resolve($0) })
        _ = try await trial.fetch("http://two.invalid:\(server.port)/a")
        #expect(trial.bytes == [1, 2, 3])
    }
}
