import Glibc
import SemblanceCore
import Synchronization

/// Fetches a lane's jobs over a connection of its own, which may wait on the server, on a thread of its own.
final class RedisLaneReader: Sendable {
    /// What one round on the server brought.
    struct Round: Sendable {
        var deliveries: [LaneHands.Delivery] = []
        /// Left by dead workers: they have been tried before.
        var takenOver: [LaneHands.Delivery] = []
        /// The server may lack jobs: the connection is new, the group was not there, or it is time to look.
        var wantsReconciliation = false
    }

    private struct State {
        var schedule: LaneSchedule
        var connection: RedisConnection?
        var isClosed = false
        /// What this consumer holds on the server without knowing: the answer was lost with a connection.
        var hasLostAnswer = false
    }

    /// Reads wait this long at most, and so late a job may come back that another process has delayed meanwhile. The
    /// client's time limit is above it.
    private static let longestBlock: Duration = .seconds(1)

    private let keys: RedisLaneKeys
    private let url: RedisURL
    private let timeouts: RedisTimeouts
    private let consumer: String
    private let lease: Duration
    private let thread: ThreadPool
    private let state: Mutex<State>

    init(
        lane: Job.Lane, keys: RedisLaneKeys, url: RedisURL, timeouts: RedisTimeouts, consumer: String,
        lease: Duration, reconciliation: Duration
    ) {
        self.keys = keys
        self.url = url
        self.timeouts = timeouts
        self.consumer = consumer
        self.lease = lease
        thread = ThreadPool(name: "redis-\(lane.rawValue)", threadCount: 1, maximumWaitingCount: 16)
        state = Mutex(
            State(
                schedule: LaneSchedule(
                    lease: lease, longestBlock: Self.longestBlock, reconciliation: reconciliation)))
    }

    deinit { thread.shutDown() }

    /// Waits for jobs, at most so many, or until something else is due.
    /// - Throws: `RedisConnectionLoss`, `RedisFailure`.
    func round(wanting count: Int) async throws -> Round {
        try await thread.run { [self] in
            do {
                return try fetch(count, over: try openConnection())
            } catch {
                dropConnection()
                throw error
            }
        }
    }

    func didReconcile() {
        state.withLock { $0.schedule.didReconcile(at: .now) }
    }

    /// This process has delayed a job: the next round asks when it is due.
    func expectDelayed() {
        state.withLock { $0.schedule.expectDelayed() }
    }

    /// Ends a read that waits; later ones throw.
    func close() {
        state.withLock { state in
            state.isClosed = true
            // The thread that reads frees the connection; this only makes it come back.
            if let connection = state.connection { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func openConnection() throws -> RedisConnection {
        if let connection = state.withLock({ $0.connection }) { return connection }
        guard !state.withLock({ $0.isClosed }) else {
            throw RedisConnectionLoss(cause: .closed, text: "the queue is closed")
        }
        let connection = try RedisConnection(to: url, name: "semblance-reader", timeouts: timeouts)
        state.withLock { state in
            state.connection = connection
            state.schedule.restart()
            if state.isClosed { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
        }
        return connection
    }

    private func dropConnection() {
        state.withLock { state in
            state.connection = nil
            state.hasLostAnswer = true
        }
    }

    private func fetch(_ count: Int, over connection: RedisConnection) throws -> Round {
        var round = Round()
        if state.withLock({ $0.schedule.isUpkeepDue(at: .now) }) {
            let reply = try run(RedisScript.upkeep, [consumer, "\(lease.wholeMilliseconds)"], over: connection)
            let next = reply[0].integer ?? -1
            if reply[1].integer == 1 { state.withLock { $0.schedule.restart() } }
            state.withLock {
                $0.schedule.didUpkeep(at: .now, nextDelayed: next < 0 ? nil : .milliseconds(next))
            }
        }
        if state.withLock({ $0.schedule.isReconciliationDue(at: .now) }) {
            // Before a read that waits: there may be nothing to read because it was lost.
            round.wantsReconciliation = true
            return round
        }
        round.deliveries = try lostDeliveries(over: connection)
        if round.deliveries.isEmpty, state.withLock({ $0.schedule.isTakeOverDue(at: .now) }) {
            round.takenOver = try takeOver(count, over: connection)
            if round.takenOver.count < count { state.withLock { $0.schedule.didTakeOver(at: .now) } }
        }
        if round.deliveries.isEmpty, round.takenOver.isEmpty { round.deliveries = try read(count, over: connection) }
        return round
    }

    private func read(_ count: Int, over connection: RedisConnection) throws -> [LaneHands.Delivery] {
        let block = state.withLock { $0.schedule.block(at: .now) }
        let reply = try connection.command(
            [
                "XREADGROUP", "GROUP", RedisLaneKeys.group, consumer, "COUNT", "\(count)", "BLOCK",
                "\(max(1, block.wholeMilliseconds))", "STREAMS", keys.stream, ">",
            ], blocking: block)
        if case .failure(let failure) = reply {
            guard failure.code == "NOGROUP" || failure.code == "UNBLOCKED" else { throw failure }
            // The server was emptied: the next round makes the group again and asks for what is missing.
            state.withLock { $0.schedule.restart() }
            return []
        }
        return Self.deliveries(reply[0][1])
    }

    /// What was handed to this process in an answer that it never got; what it knows of is sorted out by the lane.
    private func lostDeliveries(over connection: RedisConnection) throws -> [LaneHands.Delivery] {
        guard state.withLock({ $0.hasLostAnswer }) else { return [] }
        let reply = try connection.command([
            "XREADGROUP", "GROUP", RedisLaneKeys.group, consumer, "COUNT", "1000", "STREAMS", keys.stream, "0",
        ])
        if case .failure(let failure) = reply, failure.code != "NOGROUP" { throw failure }
        state.withLock { $0.hasLostAnswer = false }
        return Self.deliveries(reply[0][1])
    }

    private func takeOver(_ count: Int, over connection: RedisConnection) throws -> [LaneHands.Delivery] {
        let reply = try run(
            RedisScript.takeOver, [consumer, "\(lease.wholeMilliseconds)", "\(count)"], over: connection)
        return reply.items.compactMap { item in
            guard let id = item[0].text, let entry = item[1].text, let tries = item[2].integer else { return nil }
            return LaneHands.Delivery(job: Job.ID(rawValue: id), entry: entry, tries: tries)
        }
    }

    private func run(_ script: String, _ arguments: [String], over connection: RedisConnection) throws -> RedisReply {
        try connection.call(RedisScript.command(script, keys, arguments))
    }

    /// Entries as a stream answers them; those that were deleted have no fields.
    private static func deliveries(_ entries: RedisReply) -> [LaneHands.Delivery] {
        entries.items.compactMap { entry in
            guard let name = entry[0].text, entry[1][0].text == "job", let id = entry[1][1].text else { return nil }
            return LaneHands.Delivery(job: Job.ID(rawValue: id), entry: name)
        }
    }
}
