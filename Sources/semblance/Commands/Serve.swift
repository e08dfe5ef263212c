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
        abstract: "Serve the web page and the HTTP API; embedded, run jobs as well.",
        discussion: """
            Binds to 127.0.0.1. Any other address needs an API key ('semblance keys create') or --allow-anonymous. \
            /readyz answers 200 once the model is warm. Ctrl-C and SIGTERM stop gracefully; running jobs go on at the \
            next start.

            EXAMPLES
              semblance serve
              semblance serve --host 0.0.0.0 --port 8080 --allow-host photos.example
              semblance serve --require-key
            """)

    @Option(help: "The address to bind to (SEMBLANCE_HOST).")
    var host = Environment.value("SEMBLANCE_HOST") ?? "127.0.0.1"

    @Option(help: "The port; 0 takes a free one (SEMBLANCE_PORT).")
    var port = Environment.value("SEMBLANCE_PORT").flatMap(Int.init) ?? 8000

    @Flag(
        name: .customLong("allow-anonymous"),
        help: "Let everyone in without a key, on any address; not other web pages, and by name only with --allow-host.")
    var allowsAnonymous = false

    @Flag(
        name: .customLong("require-key"),
        help: "Ask for a key on 127.0.0.1, too: behind a proxy every client looks local (SEMBLANCE_REQUIRE_KEY=1).")
    var requiresKey = Environment.value("SEMBLANCE_REQUIRE_KEY") == "1"

    @Option(
        name: .customLong("allow-host"),
        help: ArgumentHelp("A name under which browsers reach this server; repeatable.", valueName: "name"))
    var allowedHosts: [String] = []

    @Option(
        name: .customLong("requests-per-minute"),
        help: "Requests a minute that one client may make on average; clients on this machine are not counted.")
    var requestsPerMinute = ServerConfiguration().requestsPerMinute ?? 0

    @Flag(
        name: .customLong("run-jobs"),
        help: "With a queue: run jobs in this process, too, as a worker does. Without one it always does.")
    var runsJobs = false

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var fetchOptions: FetchOptions
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options, cancelsOnSignal: false) { try await command.serve() }
    }

    private var serverConfiguration: ServerConfiguration {
        ServerConfiguration(
            host: host, port: port, allowAnonymous: allowsAnonymous,
            alwaysRequiresKey: requiresKey, allowedHosts: allowedHosts,
            requestsPerMinute: requestsPerMinute > 0 ? requestsPerMinute : nil)
    }

    private func serve() async throws {
        let logger = Log.make(isVerbose: options.isVerbose, level: .notice)
        let configuration = serverConfiguration
        try configuration.validate()
        var settings = engineOptions.settings
        // Jobs that run are put back at once, for the next process.
        settings.drainLimit = .zero
        let app = try await App.build(
            options, settings, access: .write, fetching: fetchOptions.configuration, logger: logger)
        let readiness = Readiness()
        let (shownHost, place) = (self.shownHost, app.backends.place)
        let server = try SemblanceServer(
            engine: app.engine, keys: app.keys, configuration: configuration, readiness: readiness,
            version: Version.current, logger: logger
        ) { _, port in
            Console.note("Semblance at http://\(shownHost):\(port) · data in \(place) · Ctrl-C stops")
        }
        // Dependencies first: the last is stopped first.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: BackendWatch(checks: app.backends.checks, readiness: readiness)),
            .init(service: WarmUp(app: app, readiness: readiness)),
            .init(service: server),
        ]
        if runsJobs || app.backends.jobsRun != .byWorkers {
            services.insert(.init(service: JobWorkers(engine: app.engine)), at: 0)
        }
        var lifecycle = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // An upload that drags on does not keep the program from stopping.
        lifecycle.maximumGracefulShutdownDuration = Self.shutdownLimit
        try await ServiceGroup(configuration: lifecycle).run()
        await app.backends.close()
    }

    private static let shutdownLimit: Duration = .seconds(20)

    private var shownHost: String { host.contains(":") ? "[\(host)]" : host }
}
