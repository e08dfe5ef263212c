import HTTPTypes
import Hummingbird
import SemblanceCore
import SemblanceEngine
import ServiceLifecycle
import Synchronization

/// A job's progress as server-sent events (HTML standard, section 9.2).
struct JobEventRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/jobs/{job}/events", scope: .read,
                Operation(
                    "watchJob", .jobs, "Watch a job.",
                    detail: "An event `job` with the job as its data whenever it changes; the stream ends with a final "
                        + "state.",
                    answer: .other(["text/event-stream"], "Server-sent events.")),
                respond: events)
        ]
    }

    private func events(_ request: Request, _ context: ServerContext) async throws -> Response {
        let job = try await engine.job(try context.pathParameter("job"))
        let slot = try HeldSlot(of: services.waitingClients, for: context.client)
        let body = ResponseBody { writer in
            defer { _ = slot }
            try await stream(job.id, of: request, to: &writer)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store", .buffering: "no"],
            body: body)
    }

    /// Writes until the job has ended, the client is gone or the server stops.
    private func stream(_ id: Job.ID, of request: Request, to writer: inout any ResponseBodyWriter) async throws {
        let events = JobEvents(engine: engine, id: id, heartbeat: services.configuration.heartbeat)
        defer { events.stop() }
        try await withGracefulShutdownHandler {
            try await request.body.consumeWithInboundCloseHandler { _ in
                var iterator = events.makeIterator()
                while let event = await events.next(&iterator) { try await writer.write(event) }
            } onInboundClosed: {
                events.stop()
            }
        } onGracefulShutdown: {
            events.stop()
        }
        try await writer.finish(nil)
    }
}

/// A slot that is given back when the last reference to it is gone.
private final class HeldSlot: Sendable {
    private let slots: Slots
    private let client: ClientIdentity?

    init(of slots: Slots, for client: ClientIdentity?) throws {
        try slots.take(for: client)
        self.slots = slots
        self.client = client
    }

    deinit { slots.release(for: client) }
}

/// The changes of a job and, in between, signs of life.
private final class JobEvents: Sendable {
    /// Changes that wait for a slow client: older ones give way, and the last one is the final state.
    private static let maximumWaitingCount = 16

    private let stream: AsyncStream<ByteBuffer>
    private let continuation: AsyncStream<ByteBuffer>.Continuation
    /// Events that wait; a sign of life is only sent when there are none, so that it never displaces a change.
    private let waitingCount = Mutex(0)
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(engine: Engine, id: Job.ID, heartbeat: Duration) {
        (stream, continuation) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(Self.maximumWaitingCount))
        let changes = Task { [weak self] in
            do {
                for try await job in engine.updates(of: id.rawValue) { self?.send("job", JobDocument(job: job)) }
            } catch {
                self?.send("error", Problem(error))
            }
            self?.continuation.finish()
        }
        let signs = Task { [weak self] in
            while (try? await Task.sleep(for: heartbeat)) != nil { self?.sendSignOfLife() }
        }
        tasks.withLock { $0 = [changes, signs] }
    }

    /// The next event; `nil` at the end.
    func next(_ iterator: inout AsyncStream<ByteBuffer>.Iterator) async -> ByteBuffer? {
        let event = await iterator.next()
        if event != nil { waitingCount.withLock { $0 = max(0, $0 - 1) } }
        return event
    }

    func makeIterator() -> AsyncStream<ByteBuffer>.Iterator { stream.makeAsyncIterator() }

    func stop() {
        for task in tasks.withLock({ $0 }) { task.cancel() }
        continuation.finish()
    }

    private func send(_ event: String, _ value: some JSONWritable) {
        var writer = JSONWriter()
        value.write(to: &writer)
        yield(ByteBuffer(string: "event: \(event)\ndata: \(writer.text)\n\n"))
    }

    private func sendSignOfLife() {
        if waitingCount.withLock({ $0 }) == 0 { yield(ByteBuffer(string: ": still here\n\n")) }
    }

    private func yield(_ event: ByteBuffer) {
        if case .enqueued = continuation.yield(event) { waitingCount.withLock { $0 += 1 } }
    }
}
