import Hummingbird
import SemblanceCore
import SemblanceEngine
import Synchronization

/// Receives multipart forms with bounded memory: the next bytes are read from the client when the last ones are on
/// their way to disk.
final class UploadReceiver: Sendable {
    private let engine: Engine
    private let metrics: ServerMetrics
    private let slots: Slots
    /// Writing blocks, and event loops and cooperative threads must not.
    private let threads = ThreadPool(name: "uploads", threadCount: 2, maximumWaitingCount: 1 << 16)

    init(engine: Engine, metrics: ServerMetrics, maximumUploadCount: Int) {
        self.engine = engine
        self.metrics = metrics
        self.slots = Slots(maximumUploadCount, of: "uploads")
    }

    deinit { threads.shutDown() }

    var limits: DecodingLimits { engine.configuration.limits }

    /// Receives a form. Whatever goes wrong, nothing of it stays in the spool.
    func receive(_ request: Request, for client: ClientIdentity?, rules: FormRules) async throws -> ReceivedForm {
        try await slots.hold(for: client) {
            let engine = self.engine
            let spooler = Guarded(
                try FormSpooler(contentType: request.headers[.contentType], rules: rules) { try engine.makeSpoolPath() }
            )
            do {
                let form = try await receive(request.body, with: spooler)
                metrics.countUpload(files: form.fileCount)
                return form
            } catch {
                await run { spooler.state.withLock { $0.discard() } }
                throw error
            }
        }
    }

    private func receive(_ body: RequestBody, with spooler: Guarded) async throws -> ReceivedForm {
        try await body.forEachPart { chunk in
            try await threads.run {
                let bytes = Array(chunk.readableBytesView)
                try spooler.state.withLock { try $0.receive(bytes[...]) }
            }
        }
        return try await threads.run { try spooler.state.withLock { try $0.finish() } }
    }

    /// Removes a form's files.
    func discard(_ form: ReceivedForm) async {
        await run { form.discard() }
    }

    private func run(_ body: @escaping @Sendable () -> Void) async {
        // A full queue refuses: rather a moment's blocking than a file that stays.
        do { try await threads.run(body) } catch { body() }
    }

    /// A spooler that one request at a time uses, on changing threads.
    private final class Guarded: Sendable {
        let state: Mutex<FormSpooler>
        init(_ spooler: FormSpooler) { state = Mutex(spooler) }
    }
}
