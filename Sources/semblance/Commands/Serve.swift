import ArgumentParser
import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceFetch
import SemblanceServer
import ServiceLifecycle

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the web page and the HTTP API, and run jobs.",
        discussion: """
            Binds to 127.0.0.1. Any other address needs an API key ('semblance keys create') or --allow-anonymous. \
            /readyz answers 200 once the model is warm. Ctrl-C and SIGTERM stop gracefully; running jobs go on at the \
            next start.

            EXAMPLES
              semblance serve
              semblance serve --host 0.0.0.0 --port 8080 --allow-host photos.example
            """)

    @Option(help: "The address to bind to (SEMBLANCE_HOST).")
    var host = Environment.value("SEMBLANCE_HOST") ?? "127.0.0.1"

    @Option(help: "The port; 0 takes a free one (SEMBLANCE_PORT).")
    var port = Environment.value("SEMBLANCE_PORT").flatMap(Int.init) ?? 8000

    @Flag(
        name: .customLong("allow-anonymous"),
        help: "Let everyone in without a key, on any address; not other web pages, and by name only with --allow-host.")
    var allowsAnonymous = false

    @Option(
        name: .customLong("allow-host"),
        help: ArgumentHelp("A name under which browsers reach this server; repeatable.", valueName: "name"))
    var allowedHosts: [String] = []

    @Flag(name: .customLong("allow-private-urls"), help: "Let uploads by URL reach private and loopback addresses.")
    var allowsPrivateURLs = false

    @Option(
        name: .customLong("allow-network"),
        help: ArgumentHelp(
            "A private range that uploads by URL may reach, such as 10.1.0.0/16; repeatable.", valueName: "cidr"),
        transform: Parsed.network)
    var allowedNetworks: [IPNetwork] = []

    @Option(
        name: .customLong("requests-per-minute"),
        help: "Requests a minute that one client may make on average; clients on this machine are not counted.")
    var requestsPerMinute = ServerConfiguration().requestsPerMinute ?? 0

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options, cancelsOnSignal: false) { try await command.serve() }
    }

    private var serverConfiguration: ServerConfiguration {
        ServerConfiguration(
            host: host, port: port, allowAnonymous: allowsAnonymous, allowedHosts: allowedHosts,
            requestsPerMinute: requestsPerMinute > 0 ? requestsPerMinute : nil)
    }

    private var fetchConfiguration: FetchConfiguration {
        var configuration = FetchConfiguration()
        configuration.allowsPrivateAddresses = allowsPrivateURLs
        configuration.allowedNetworks = allowedNetworks
        return configuration
    }

    private func serve() async throws {
        let logger = Log.make(isVerbose: options.isVerbose, level: .notice)
        let configuration = serverConfiguration
        try configuration.validate()
        let app = try await App.build(
            options, engineOptions.settings, access: .write, fetching: fetchConfiguration, logger: logger)
        let readiness = Readiness()
        let (shownHost, place) = (self.shownHost, app.backends.place)
        let server = try SemblanceServer(
            engine: app.engine, keys: app.keys, configuration: configuration, readiness: readiness,
            version: Version.current, logger: logger
        ) { _, port in
            Console.note("Semblance at http://\(shownHost):\(port) · data in \(place) · Ctrl-C stops")
        }
        // Dependencies first: the last is stopped first.
        var lifecycle = ServiceGroupConfiguration(
            services: [
                .init(service: JobWorkers(engine: app.engine)),
                .init(service: WarmUp(app: app, readiness: readiness)),
                .init(service: server),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // An upload that drags on does not keep the program from stopping.
        lifecycle.maximumGracefulShutdownDuration = Self.shutdownLimit
        try await ServiceGroup(configuration: lifecycle).run()
    }

    private static let shutdownLimit: Duration = .seconds(20)

    private var shownHost: String { host.contains(":") ? "[\(host)]" : host }
}

/// Runs jobs until shutdown.
private struct JobWorkers: Service {
    let engine: Engine

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await engine.runWorkers() }
    }
}

/// Loads models and opens indexes in the background, then says that the server is ready.
private struct WarmUp: Service {
    let app: App
    let readiness: Readiness
    /// Between two attempts to load the model.
    private static let pause: Duration = .seconds(10)

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await app.engine.warm(app.engine.defaultModelID)
                    try await app.engine.openIndexes()
                    readiness.markReady()
                    break
                } catch {
                    if Task.isCancelled { return }
                    // The page and the API can still say what is wrong; the weights may be pulled meanwhile.
                    Console.note("semblance: \(error)")
                    try await Task.sleep(for: Self.pause)
                }
            }
            try await gracefulShutdown()
        }
    }
}
