import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceServer
import SemblanceTesting

/// A server over backends in memory, with workers that run its jobs.
struct ServerFixture {
    let engine: Engine
    let server: SemblanceServer
    let keys: InMemoryAPIKeyStore
    let files: TemporaryFileStore
    let readiness: Readiness
    /// The port, once the server listens by itself.
    private let ports: AsyncStream<Int>

    init(
        _ configuration: ServerConfiguration = ServerConfiguration(port: 0), limits: DecodingLimits = DecodingLimits(),
        queueCapacity: Int = 1000, engine engineConfiguration: EngineConfiguration? = nil,
        reader: (any ImageReader)? = nil, fetcher: (any ImageFetcher)? = nil
    ) throws {
        let store = InMemoryCatalogueStore()
        let keys = InMemoryAPIKeyStore()
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        self.ports = ports
        files = try TemporaryFileStore()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        engine = Engine(
            EngineDependencies(
                catalogues: store, jobs: InMemoryJobStore(), queue: InMemoryJobQueue(capacity: queueCapacity),
                files: files, indexes: InMemoryVectorIndexes(store: store), models: SmallModels(),
                reader: reader ?? SmallImageReader(limits: limits), fetcher: fetcher, logger: logger),
            configuration: engineConfiguration ?? EngineConfiguration(workerThreadCount: 2, limits: limits))
        readiness = Readiness()
        server = try SemblanceServer(
            engine: engine, keys: keys, configuration: configuration, readiness: readiness, version: "0.0.0-test",
            logger: logger, onListening: { _, port in listening.yield(port) })
        self.keys = keys
    }

    /// Drives the server without a socket, or with one, while workers run jobs.
    func run<Value: Sendable>(
        _ setup: TestingSetup = .router, workers: Bool = true,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        let engine = self.engine
        let running = Task { if workers { try await engine.runWorkers() } }
        defer { running.cancel() }
        return try await server.application.test(setup) { try await body($0) }
    }

    /// Runs the server as a program does, on the address that its configuration names.
    func serve(_ body: (_ port: Int) async throws -> Void) async throws {
        let server = self.server
        let serving = Task { try await server.run() }
        defer { serving.cancel() }
        for await port in ports { return try await body(port) }
    }

    /// A key's secret.
    func makeKey(_ scope: APIKey.Scope) async -> String {
        let made = APIKey.make(name: "test", scope: scope)
        await keys.insert(made.key)
        return made.secret
    }

    func spooledFiles() throws -> [String] { try files.spooledPaths() }
}

extension TestClientProtocol {
    func get(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        try await execute(uri: path, method: .get, headers: headers)
    }

    func delete(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        try await execute(uri: path, method: .delete, headers: headers)
    }

    func send(_ json: JSONValue, to path: String, method: HTTPRequest.Method = .post) async throws -> TestResponse {
        try await send(json.text, to: path, method: method)
    }

    func send(_ text: String, to path: String, method: HTTPRequest.Method = .post) async throws -> TestResponse {
        try await execute(
            uri: path, method: method, headers: [.contentType: "application/json"], body: ByteBuffer(string: text))
    }

    func send(_ form: Form, to path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        var headers = headers
        headers[.contentType] = form.contentType
        return try await execute(uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: form.bytes))
    }

    /// Uploads pictures and waits until they are taken in. Returns the job as it ended.
    @discardableResult
    func upload(_ form: Form, to catalogue: String = "default") async throws -> JSONValue {
        let response = try await send(form, to: "/v1/catalogues/\(catalogue)/images")
        guard case .string(let id)? = try response.json()["job"]?["id"] else {
            throw UnexpectedResponse(response)
        }
        return try await waitForJob(id)
    }

    func waitForJob(_ id: String) async throws -> JSONValue {
        _ = try await get("/poll_task_status/\(id)?timeout=60")
        return try await get("/v1/jobs/\(id)").json()
    }
}

struct UnexpectedResponse: Error, CustomStringConvertible {
    let description: String
    init(_ response: TestResponse) { description = "\(response.status): \(response.text)" }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    func json() throws -> JSONValue { try JSONValue(parsing: Array(body.readableBytesView)) }

    /// The code of problem JSON.
    var problemCode: String? {
        guard headers[.contentType] == "application/problem+json", case .string(let code)? = try? json()["code"] else {
            return nil
        }
        return code
    }
}

extension JSONValue {
    var texts: [String] { elements.compactMap { if case .string(let text) = $0 { text } else { nil } } }

    var elements: [JSONValue] { if case .array(let values) = self { values } else { [] } }

    var string: String? { if case .string(let text) = self { text } else { nil } }

    var number: Double? { if case .number(let value) = self { value } else { nil } }
}
