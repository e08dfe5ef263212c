import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import SemblanceCore
import SemblanceEngine
import ServiceLifecycle

/// The HTTP server: the API, the prototype's endpoints and the web page.
///
/// Give it to a `ServiceGroup`; it stops accepting on graceful shutdown, ends event streams and polls, and lets other
/// requests finish.
public struct SemblanceServer: Service {
    private let services: Services
    private let keys: any APIKeyStore
    private let logger: Logger
    private let onListening: @Sendable (_ host: String, _ port: Int) async -> Void

    /// - Parameters:
    ///   - readiness: marked by the caller once the model is warm.
    ///   - version: shown by `/v1/stats` and `/openapi.json`.
    ///   - onListening: called with the real port when connections are accepted.
    /// - Throws: `ServerError` with `server-configuration`.
    public init(
        engine: Engine, keys: any APIKeyStore, configuration: ServerConfiguration = ServerConfiguration(),
        readiness: Readiness, version: String, logger: Logger,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) throws {
        try configuration.validate()
        let metrics = ServerMetrics()
        services = Services(
            engine: engine, configuration: configuration, version: version, readiness: readiness, metrics: metrics,
            uploads: UploadReceiver(
                engine: engine, metrics: metrics, maximumUploadCount: configuration.maximumUploadCount),
            web: try WebAssets(folder: configuration.webFolder ?? WebFolder.find()),
            fetching: FetchingSearches(configuration),
            waitingClients: Slots(configuration.maximumWaitingClientCount, of: "event streams and polls"))
        self.keys = keys
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until the group is shut down.
    /// - Throws: `ServerError`: `key-needed`, `address-in-use`, `cannot-bind`.
    public func run() async throws {
        try await checkKeys()
        if services.web.paths.isEmpty { logger.warning("the web page's files were not found; only the API is served") }
        let readiness = services.readiness
        do {
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                readiness.markStopping()
            }
        } catch let error as IOError {
            throw bindingError(error)
        }
    }

    /// Where a key is needed to get in, there must be one.
    private func checkKeys() async throws {
        let configuration = services.configuration
        guard configuration.requiresKey, try await keys.keys().isEmpty else { return }
        throw ServerError(
            .keyNeeded,
            configuration.alwaysRequiresKey
                ? "This server asks everyone for an API key (--require-key), and none exists. "
                    + "Make one with 'semblance keys create'."
                : "On \(configuration.host) other machines could reach this server, and no API key exists. "
                    + "Make one with 'semblance keys create', or let everyone in with --allow-anonymous.")
    }

    private func bindingError(_ error: IOError) -> ServerError {
        let (host, port) = (services.configuration.host, services.configuration.port)
        guard error.errnoCode == EADDRINUSE else {
            return ServerError(
                .cannotBind, "Cannot listen on \(host), port \(port): \(SystemFailure(number: error.errnoCode)).",
                underlying: error)
        }
        return ServerError(
            .addressInUse, "Port \(port) on \(host) is in use; stop the other program or choose one with --port.",
            underlying: error)
    }

    /// What the router answers, but for the HEAD requests that it adds by itself.
    package var routes: [(method: String, path: String)] {
        router.routes.map { ($0.method.rawValue, $0.path.description) }
    }

    /// In the order in which they are documented.
    private var endpoints: [Endpoint] {
        let groups: [any EndpointGroup] = [
            CatalogueRoutes(services: services), CatalogueModelRoutes(services: services),
            UploadRoutes(services: services), ImageRoutes(services: services), PictureRoutes(services: services),
            SearchRoutes(services: services), LabelRoutes(services: services), JobRoutes(services: services),
            JobEventRoutes(services: services), ModelRoutes(services: services), HealthRoutes(services: services),
            PageRoutes(services: services), PrototypeRoutes(services: services), TaskRoutes(services: services),
        ]
        let endpoints = groups.flatMap(\.endpoints)
        return endpoints + OpenAPIRoutes(others: endpoints, version: services.version).endpoints
    }

    private var router: Router<ServerContext> {
        let endpoints = self.endpoints
        let configuration = services.configuration
        let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
        // Outermost first.
        router.add(middleware: RequestLog(metrics: services.metrics))
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ErrorResponses(paths: RoutePaths(endpoints)))
        router.add(middleware: LoadLimits(configuration))
        router.add(
            middleware: AccessControl(
                keys: keys, requiresKey: configuration.requiresKey, origins: OriginGuard(configuration)))
        for endpoint in endpoints { endpoint.register(on: router) }
        return router
    }

    /// The Hummingbird application, which tests drive without a socket.
    package var application: some ApplicationProtocol {
        let configuration = services.configuration
        let onListening = self.onListening
        return Application(
            router: router,
            server: HTTPServerBuilder { ConnectionChannel(responder: $0, idleTimeout: configuration.idleTimeout) },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.maximumConnectionCount)),
            onServerRunning: { channel in
                await onListening(configuration.host, channel.localAddress?.port ?? configuration.port)
            }, logger: logger)
    }
}
