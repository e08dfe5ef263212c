import HTTPTypes
import Hummingbird
import SemblanceCore
import SemblanceEngine
import ServiceLifecycle

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
        let slot = try HeldSlot(of: services.eventStreams)
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
                for await event in events.stream { try await writer.write(event) }
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

    init(of slots: Slots) throws {
        try slots.take()
        self.slots = slots
    }

    deinit { slots.release() }
}

/// The changes of a job and, in between, signs of life.
private final class JobEvents: Sendable {
    /// Events that wait for a slow client; older ones give way, and the last one is the final state.
    let stream: AsyncStream<ByteBuffer>
    private let continuation: AsyncStream<ByteBuffer>.Continuation
    private let tasks: [Task<Void, Never>]

    init(engine: Engine, id: Job.ID, heartbeat: Duration) {
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(16))
        self.stream = stream
        self.continuation = continuation
        let changes = Task {
            do {
                for try await job in engine.updates(of: id.rawValue) { continuation.yield(Self.event(job)) }
            } catch {
                continuation.yield(ByteBuffer(string: "event: error\ndata: \(Self.text(Problem(error)))\n\n"))
            }
            continuation.finish()
        }
        let signs = Task {
            while (try? await Task.sleep(for: heartbeat)) != nil {
                continuation.yield(ByteBuffer(string: ": still here\n\n"))
            }
        }
        self.tasks = [changes, signs]
    }

    func stop() {
        for task in tasks { task.cancel() }
        continuation.finish()
    }

    private static func event(_ job: Job) -> ByteBuffer {
        ByteBuffer(string: "event: job\ndata: \(text(JobDocument(job: job)))\n\n")
    }

    private static func text(_ value: some JSONWritable) -> String {
        var writer = JSONWriter()
        value.write(to: &writer)
        return String(buffer: writer.buffer)
    }
}
