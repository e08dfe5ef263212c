import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Testing

/// What happens when the server, or the way to it, fails.
@Suite(.enabled(if: PrivateRedis.isWanted, "there is no redis-server"), .serialized, .timeLimit(.minutes(5)))
struct RedisFaultTests {
    /// Whatever fails, fails; only what hangs takes so long, however busy the machine is.
    private static let patience = Duration.seconds(60)

    private func expectFailure(
        _ code: JobErrorCode, saying words: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        let (error, took) = await RedisQueueFixture.timeToFail(body)
        guard let error = error as? JobError else {
            Issue.record("expected a job error, not \(String(describing: error))", sourceLocation: sourceLocation)
            return
        }
        #expect(error.code == code, sourceLocation: sourceLocation)
        #expect(error.message.contains(words), "\(error.message)", sourceLocation: sourceLocation)
        #expect(!error.message.contains("\n") && !error.message.contains("s3cret"), sourceLocation: sourceLocation)
        #expect(took < Self.patience, sourceLocation: sourceLocation)
    }

    // MARK: Loss

    @Test func goesOnWithItsDataAfterACrash() async throws {
        let server = try PrivateRedis()
        let fixture = try RedisQueueFixture(url: server.url)
        let queue = try fixture.queue()
        let (held, waiting) = (try await fixture.insert(), try await fixture.insert())
        try await queue.enqueue(held, lane: .search)
        #expect(try await queue.next(in: .search) == held)
        try await queue.enqueue(waiting, lane: .search)

        server.kill()
        await expectFailure(.queueUnavailable, saying: "try again") { try await queue.enqueue(held, lane: .search) }
        let next = Task { try await queue.next(in: .search) }
        try server.start()
        #expect(try await next.value == waiting)
        // The one in hand is still this worker's.
        #expect(try await queue.statistics(of: .search).inHand == 2)
        for id in [held, waiting] { try await queue.acknowledge(id, lane: .search) }
        #expect(try await queue.statistics(of: .search).inHand == 0)
        await queue.close()
    }

    @Test func isFilledFromTheStoreAfterItHasLostItsData() async throws {
        let server = try PrivateRedis()
        let fixture = try RedisQueueFixture(url: server.url)
        let (worker, other) = (try fixture.queue(), try fixture.queue())
        var waiting: [Job.ID] = []
        let running = try await fixture.insert()
        try await worker.enqueue(running, lane: .search)
        #expect(try await worker.next(in: .search) == running)
        _ = try await fixture.store.start(running)
        for _ in 0..<5 {
            waiting.append(try await fixture.insert())
            try await worker.enqueue(try #require(waiting.last), lane: .search)
        }
        server.kill()
        try server.empty()
        try server.start()

        var taken: [Job.ID] = []
        for _ in waiting {
            let id = try #require(try await [worker, other].randomElement()?.next(in: .search))
            taken.append(id)
            _ = try await fixture.store.start(id)
            try await fixture.store.finish(id, .cancelled)
        }
        #expect(Set(taken) == Set(waiting) && taken.count == waiting.count, "each once, and not the one that runs")
        // The worker does not know that the server has forgotten its job.
        try await worker.acknowledge(running, lane: .search)
        await worker.close()
        await other.close()
    }

    @Test(arguments: ["FLUSHALL", "DEL"]) func isFilledWhenSomebodyEmptiesIt(command: String) async throws {
        let server = try PrivateRedis()
        let fixture = try RedisQueueFixture(url: server.url)
        let queue = try fixture.queue { $0.reconciliationInterval = .milliseconds(500) }
        let next = Task { try await queue.next(in: .ingest) }
        try await eventually { try await queue.statistics(of: .ingest).workers == 1 }
        // Written, and queued by a process that died in between, or taken from the server by somebody.
        let id = try await fixture.insert(Samples.ingestion())
        let stream = RedisLaneKeys(prefix: fixture.prefix, lane: .ingest).stream
        _ = try await fixture.client().call(command == "DEL" ? ["DEL", stream] : [command])
        #expect(try await next.value == id)
        await queue.close()
    }

    // MARK: No answer

    @Test func aConnectionThatLeadsNowhereFailsInTimeAndRecovers() async throws {
        let server = try PrivateRedis()
        let proxy = try StallingProxy(to: server.port)
        let fixture = try RedisQueueFixture(url: "redis://127.0.0.1:\(proxy.port)")
        let queue = try fixture.queue()
        let (first, second) = (try await fixture.insert(), try await fixture.insert())
        try await queue.enqueue(first, lane: .search)
        #expect(try await queue.next(in: .search) == first)
        let next = Task { try await queue.next(in: .search) }
        try await eventually { try await queue.statistics(of: .search).workers == 1 }

        proxy.stall()
        await expectFailure(.queueUnavailable, saying: "does not answer") {
            try await queue.enqueue(second, lane: .search)
        }
        // Those that come next do not each wait for the time limit.
        let start = ContinuousClock.now
        for _ in 0..<20 { _ = try? await queue.enqueue(second, lane: .search) }
        #expect(ContinuousClock.now - start < Self.patience)

        proxy.resume()
        // The read that waits at the dead connection is given up, too, and what the store has is found.
        #expect(try await next.value == second)
        for id in [first, second] { try await queue.acknowledge(id, lane: .search) }
        await queue.close()
        proxy.close()
    }

    @Test func closingDoesNotWaitForAServerThatIsGone() async throws {
        let server = try PrivateRedis()
        let proxy = try StallingProxy(to: server.port)
        let fixture = try RedisQueueFixture(url: "redis://127.0.0.1:\(proxy.port)")
        let queue = try fixture.queue()
        let next = Task { try await queue.next(in: .search) }
        try await eventually { try await queue.statistics(of: .search).workers == 1 }
        proxy.stall()
        let start = ContinuousClock.now
        await queue.close()
        #expect(try await next.value == nil)
        #expect(ContinuousClock.now - start < Self.patience)
        proxy.close()
    }

    @Test func whatCannotBeReachedIsNamed() async throws {
        let server = try PrivateRedis()
        server.kill()
        for url in [
            server.url, "redis://:s3cret@127.0.0.1:\(server.port)/3", "unix:///nowhere/redis.sock?password=s3cret",
        ] {
            let queue = try RedisQueueFixture(url: url).queue()
            await expectFailure(.queueUnavailable, saying: "cannot be reached") { try await queue.check() }
            let (error, _) = await RedisQueueFixture.timeToFail { try await queue.check() }
            let (failure, address) = (try #require(error), try RedisURL(url))
            #expect("\(failure)".contains("\(address)"))
            await expectFailure(.queueUnavailable, saying: "cannot be reached") {
                try await queue.enqueue(.random(), lane: .search)
            }
            await queue.close()
        }
    }

    @Test func aHostThatDoesNotExistIsNamed() async throws {
        let queue = try RedisQueueFixture(url: "redis://no-such-host.invalid").queue()
        let (error, _) = await RedisQueueFixture.timeToFail { try await queue.check() }
        #expect((error as? JobError)?.code == .queueUnavailable)
        await queue.close()
    }

    // MARK: Refusals

    @Test func passwordsThatAreMissingOrWrongAreNamed() async throws {
        let server = try PrivateRedis(password: "s3cret")
        let address = "127.0.0.1:\(server.port)"
        try await RedisQueueFixture(url: "redis://:s3cret@\(address)").queue().check()
        try await RedisQueueFixture(url: "redis://default:s3cret@\(address)").queue().check()
        let missing = try RedisQueueFixture(url: "redis://\(address)").queue()
        await expectFailure(.queueRefused, saying: "wants a password") { try await missing.check() }
        await expectFailure(.queueRefused, saying: "wants a password") {
            try await missing.enqueue(.random(), lane: .search)
        }
        for user in ["", "anna", "default"] {
            let wrong = try RedisQueueFixture(url: "redis://\(user):s3cret2@\(address)").queue()
            await expectFailure(.queueRefused, saying: "does not accept") { try await wrong.check() }
        }
    }

    @Test func aPasswordThatNobodyAskedForIsNamed() async throws {
        let server = try PrivateRedis()
        let queue = try RedisQueueFixture(url: "redis://:s3cret@127.0.0.1:\(server.port)").queue()
        await expectFailure(.queueRefused, saying: "does not accept") { try await queue.check() }
    }

    @Test func aDatabaseThatIsNotThereIsNamed() async throws {
        let server = try PrivateRedis()
        try await RedisQueueFixture(url: "\(server.url)/15").queue().check()
        let queue = try RedisQueueFixture(url: "\(server.url)/16").queue()
        await expectFailure(.queueRefused, saying: "no database") { try await queue.check() }
    }

    @Test func aUserWithoutPermissionIsTold() async throws {
        let server = try PrivateRedis()
        let client = RedisClient(url: try RedisURL(server.url), name: "test")
        _ = try await client.call(["ACL", "SETUSER", "bob", "on", ">s3cret", "~other:*", "+@all"])
        let queue = try RedisQueueFixture(url: "redis://bob:s3cret@127.0.0.1:\(server.port)").queue()
        await expectFailure(.queueRefused, saying: "may not") { try await queue.enqueue(.random(), lane: .search) }
    }

    @Test func aServerWithoutMemoryTakesNothingAndSaysSo() async throws {
        let server = try PrivateRedis(options: ["--maxmemory", "8mb", "--maxmemory-policy", "noeviction"])
        let fixture = try RedisQueueFixture(url: server.url)
        let queue = try fixture.queue()
        try await queue.check()
        // Until there is no room for more.
        let client = fixture.client()
        for size in [50_000, 2_000, 100] {
            for number in 0..<500 {
                let filler = ["SET", "filler \(size) \(number)", String(repeating: "x", count: size)]
                guard (try? await client.call(filler)) != nil else { break }
            }
        }
        await expectFailure(.queueUnavailable, saying: "no memory") {
            try await queue.enqueue(.random(), lane: .search)
        }
    }

    @Test func aReplicaIsNoQueue() async throws {
        let (server, replica) = (try PrivateRedis(), try PrivateRedis())
        let client = RedisClient(url: try RedisURL(replica.url), name: "test")
        _ = try await client.call(["REPLICAOF", "127.0.0.1", "\(server.port)"])
        let queue = try RedisQueueFixture(url: replica.url).queue()
        await expectFailure(.queueUnavailable, saying: "replica") { try await queue.enqueue(.random(), lane: .search) }
    }

    @Test func keysOfSomethingElseAreLeftAlone() async throws {
        let server = try PrivateRedis()
        let fixture = try RedisQueueFixture(url: server.url)
        let key = RedisLaneKeys(prefix: fixture.prefix, lane: .search).stream
        _ = try await fixture.client().call(["SET", key, "precious"])
        let queue = try fixture.queue()
        await expectFailure(.queueRefused, saying: "something else") {
            try await queue.enqueue(.random(), lane: .search)
        }
        #expect(try await fixture.client().call(["GET", key]).text == "precious")
    }
}
