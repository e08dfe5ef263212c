import Foundation
import SemblanceCore
import SemblanceStore
import SemblanceTesting
import Synchronization
import Testing

/// What becomes of work when connections break, transactions collide and servers do not answer.
@Suite(.postgres, .serialized) struct PostgresFaultTests {
    private let fixture: PostgresFixture

    init() async throws {
        fixture = try await PostgresFixture()
    }

    /// A database with a table `t`, and how often a body may fail before it is let through.
    private func open(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresDatabase {
        var configuration = fixture.configuration()
        change(&configuration)
        let database = try await PostgresDatabase.open(configuration, schema: .migrate)
        try await database.write { try $0.script("CREATE TABLE IF NOT EXISTS t (a int8 PRIMARY KEY, b text)") }
        return database
    }

    private func rowCount(_ database: PostgresDatabase) async throws -> Int {
        try await database.read { try $0.query("SELECT count(*) FROM t")[0][0] }
    }

    /// Ends the server's side of a connection, from another one.
    private static func terminate(_ connection: PostgresConnection) throws {
        let own: Int = try connection.query("SELECT pg_backend_pid()")[0][0]
        let other = try PostgresConnection(to: connection.configuration.url, connection.configuration)
        try other.query("SELECT pg_terminate_backend($1::int8::int4, 5000)", [.integer(own)])
    }

    @Test func aConnectionCutInATransactionIsMadeAgain() async throws {
        let database = try await open()
        let attempts = Counter()
        try await database.write { connection in
            try connection.execute("INSERT INTO t VALUES (1, 'x')")
            if attempts.next() <= 2 { try Self.terminate(connection) }
            try connection.execute("INSERT INTO t VALUES (2, 'y')")
        }
        #expect(attempts.count == 3)
        #expect(try await rowCount(database) == 2)
    }

    @Test func aConnectionCutInACopyLeavesNothingAndIsMadeAgain() async throws {
        let database = try await open()
        let attempts = Counter()
        try await database.write { connection in
            let isFirst = attempts.next() == 1
            try connection.copy("COPY t FROM STDIN (FORMAT binary)") { copy in
                for number in 0..<60_000 {
                    if isFirst, number == 30_000 { try Self.terminateCopy(in: connection) }
                    try copy.begin(columnCount: 2)
                    copy.write(Int64(number))
                    copy.write("row \(number)")
                }
            }
        }
        #expect(attempts.count == 2)
        #expect(try await rowCount(database) == 60_000)
    }

    /// Images as ingestion adds them, whose vectors are many enough to be copied.
    @Test func imagesWhoseCopyIsCutAreThereOnce() async throws {
        let store = PostgresCatalogueStore(database: try await open())
        let catalogue = try await store.createCatalogue(named: "c", modelID: "m")
        let model = ModelVersion(modelID: "m", digest: "d", dimension: 1024)
        let space = EmbeddingSpace(catalogueID: catalogue.id, model: model)
        let cutter = try PostgresConnection(to: fixture.url, fixture.configuration())
        let cuts = Counter()
        let watch = Thread {
            // Twice, in the middle of it: rows have been processed.
            while cuts.count < 2, !Thread.current.isCancelled {
                let ended = try? cutter.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_progress_copy
                    WHERE datname = current_database() AND tuples_processed > 0
                    """)
                if ended?.isEmpty == false { _ = cuts.next() }
            }
        }
        watch.start()
        var count = 0
        // On a busy machine the watcher may come too late for the first.
        while cuts.count == 0, count < 30_000 {
            let images = (count..<count + 3000).map { Samples.image($0, dimension: 1024) }
            let added = try await store.add(images, to: space)
            #expect(added.count == 3000 && added.allSatisfy(\.isNewEmbedding))
            count += 3000
        }
        watch.cancel()
        #expect(cuts.count >= 1)
        #expect(try await store.imageCount(in: catalogue.id, matching: nil) == count)
        let embedded = try await store.embeddedImages(in: space)
        #expect(embedded.count == count && Set(embedded).count == count)
    }

    /// The connection itself cannot be asked for its number now.
    private static func terminateCopy(in connection: PostgresConnection) throws {
        let other = try PostgresConnection(to: connection.configuration.url, connection.configuration)
        let count = try other.query(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'COPY t FROM%'
            """
        ).count
        #expect(count == 1)
    }

    @Test func aConnectionThatTheServerClosedMeanwhileIsReplaced() async throws {
        let database = try await open { $0.connectionCount = 1 }
        try await fixture.endConnections()
        #expect(try await database.read { try $0.query("SELECT 1")[0][0] } == 1)
    }

    @Test(arguments: [true, false])
    func aTransactionWhoseEndWasNotHeardHappensOnce(reachesTheServer: Bool) async throws {
        let port = try #require(UInt16(fixture.url.parameters["port"] ?? ""))
        let proxy = try FaultyProxy(to: port)
        defer { proxy.close() }
        let database = try await open { $0.url = $0.url.with(["port": String(proxy.port)]) }
        // Committing takes a moment, in which the connection breaks.
        try await database.write { connection in
            try connection.script(
                """
                CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER lingers AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION linger()
                """)
        }
        let attempts = Counter()
        async let value = database.write { connection -> Int in
            try connection.execute("INSERT INTO t VALUES (1, 'x')")
            return attempts.next()
        }
        while try await fixture.sleeperCount() < 1 { await Task.yield() }
        if reachesTheServer { proxy.cut() } else { try await fixture.endConnections() }
        // Committed by the server though nobody heard; or not, and done again.
        #expect(try await value == (reachesTheServer ? 1 : 2))
        #expect(try await rowCount(database) == 1)
    }

    @Test func transactionsThatBlockEachOtherAreDoneAgain() async throws {
        let database = try await open()
        try await database.write { try $0.script("INSERT INTO t VALUES (1, ''), (2, '')") }
        let attempts = Counter()
        let meeting = Meeting(count: 2)
        try await withThrowingTaskGroup { group in
            for order in [[1, 2], [2, 1]] {
                group.addTask {
                    try await database.write { connection in
                        attempts.next()
                        for (step, number) in order.enumerated() {
                            try connection.execute(
                                "UPDATE t SET b = b || 'x' WHERE a = $1", [.integer(number)])
                            // Both hold one row before either wants the other.
                            if step == 0 { meeting.meet() }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(attempts.count >= 3)
        let texts = try await database.read { try $0.query("SELECT b FROM t").map { try $0[0] as String } }
        #expect(texts == ["xx", "xx"])
    }

    @Test func aSerialisationFailureIsDoneAgain() async throws {
        let database = try await open()
        let attempts = Counter()
        try await database.write { connection in
            try connection.execute("INSERT INTO t VALUES (1, 'x')")
            if attempts.next() < 3 {
                try connection.script("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
            }
        }
        #expect(attempts.count == 3)
        #expect(try await rowCount(database) == 1)
    }

    @Test func aSlowStatementEndsInTimeAndItsConnectionGoesOn() async throws {
        let database = try await open {
            $0.statementTimeLimit = .seconds(1)
            $0.connectionCount = 1
        }
        let pid = try await database.read { try $0.query("SELECT pg_backend_pid()")[0][0] as Int }
        let start = ContinuousClock.now
        await expectStoreError(.databaseSlow) { try await database.read { try $0.query("SELECT pg_sleep(20)") } }
        #expect(.now - start < .seconds(15))
        #expect(try await database.read { try $0.query("SELECT pg_backend_pid()")[0][0] } == pid)
    }

    @Test func longWorkHasALimitOfItsOwn() async throws {
        let database = try await open {
            $0.statementTimeLimit = .seconds(1)
            $0.connectionCount = 1
        }
        _ = try await database.run(within: .seconds(10)) { try $0.query("SELECT pg_sleep(2)") }
        // For that work only.
        await expectStoreError(.databaseSlow) { try await database.read { try $0.query("SELECT pg_sleep(20)") } }
    }

    @Test func aNetworkThatSwallowsEverythingEndsInTime() async throws {
        let port = try #require(UInt16(fixture.url.parameters["port"] ?? ""))
        let proxy = try FaultyProxy(to: port)
        defer { proxy.close() }
        let database = try await open {
            $0.url = $0.url.with(["port": String(proxy.port)])
            $0.statementTimeLimit = .seconds(1)
            $0.connectTimeLimit = .seconds(2)
            ($0.readRetryTime, $0.writeRetryTime) = (.seconds(1), .seconds(1))
        }
        _ = try await database.read { try $0.query("SELECT 1") }
        proxy.swallow()
        let start = ContinuousClock.now
        // An open connection first, then those that cannot be opened.
        await expectStoreError(.databaseSlow) { try await database.read { try $0.query("SELECT 1") } }
        await expectStoreError(.unavailable) { try await database.read { try $0.query("SELECT 1") } }
        await expectStoreError(.unavailable) { try await database.write { try $0.script("SELECT 1") } }
        #expect(.now - start < .seconds(60))
        proxy.forward()
        #expect(try await database.read { try $0.query("SELECT 1")[0][0] } == 1)
    }

    @Test func workersThatAddTheSameImagesAtOnceMakeEachOnce() async throws {
        let stores = [try await open(), try await open()].map { PostgresCatalogueStore(database: $0) }
        let space = Samples.space(in: try await stores[0].createCatalogue(named: "c", modelID: "m").id)
        let images = (0..<60).map { Samples.image($0, inPlace: "/p/\($0 % 50)", metadata: ["n": .number(Double($0))]) }
        let added = try await withThrowingTaskGroup(of: [AddedImage].self) { group in
            for round in 0..<12 {
                group.addTask {
                    // Each in another order, and with names of its own.
                    var own = images.map { image in
                        NewImage(
                            hash: image.hash, name: image.name, location: image.location, header: image.header,
                            byteCount: image.byteCount, metadata: ["by \(round)": 1, "last": .number(Double(round))],
                            embedding: image.embedding, source: image.source)
                    }
                    own.rotate(by: round * 7)
                    return try await stores[round % 2].add(own, to: space)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(added.map(\.id)).count == 60)
        #expect(added.count(where: \.isNewEmbedding) == 60)
        let store = stores[0]
        #expect(try await store.imageCount(in: space.catalogueID, matching: nil) == 60)
        #expect(try await store.embeddedImages(in: space).count == 60)
        let names = MetadataFilter.and((0..<12).map { .exists(path: ["by \($0)"], true) })
        #expect(try await store.imageCount(in: space.catalogueID, matching: names) == 60)
        #expect(try await store.sourcePaths(in: space.catalogueID, under: "/p", after: nil, limit: 99).count == 50)
    }

    @Test func deletingWhileOthersAddLeavesNoEmbeddingWithoutItsImage() async throws {
        let store = PostgresCatalogueStore(database: try await open())
        let space = Samples.space(in: try await store.createCatalogue(named: "c", modelID: "m").id)
        let images = (0..<40).map { Samples.image($0) }
        try await withThrowingTaskGroup { group in
            for round in 0..<10 {
                group.addTask {
                    let ids = try await store.add(images, to: space).map(\.id)
                    if round % 2 == 0 { _ = try await store.deleteImages(ids) }
                    if round % 5 == 0 { while try await store.deleteEmbeddings(in: space, limit: 7) {} }
                }
            }
            try await group.waitForAll()
        }
        let present = Set(try await store.images(in: space.catalogueID, matching: nil, after: nil, limit: 99).map(\.id))
        #expect(Set(try await store.embeddedImages(in: space)).isSubset(of: present))
        _ = try await store.deleteCatalogue(space.catalogueID)
        #expect(try await store.embeddedImages(in: space).isEmpty)
    }
}

/// Counts, from several threads.
final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }

    @discardableResult
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

/// Threads wait here for each other, the first time.
private final class Meeting: Sendable {
    private let present = Counter()
    private let count: Int

    init(count: Int) { self.count = count }

    func meet() {
        present.next()
        while present.count < count { usleep(500) }
    }
}

extension Array {
    fileprivate mutating func rotate(by count: Int) {
        guard !isEmpty else { return }
        self = Array(self[(count % self.count)...] + self[..<(count % self.count)])
    }
}

extension PostgresFixture {
    /// Ends all connections to this database.
    func endConnections() async throws {
        let name = url.databaseName
        _ = try await Self.onServer { connection in
            try connection.query(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = $1 AND backend_type = 'client backend'
                """, [.text(name)])
        }
    }
}
