import ArgumentParser
import Foundation
import Logging
import SemblanceCore
import SemblanceEngine
import SemblanceServer
import ServiceLifecycle

struct Worker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run jobs of an installation in server mode.",
        discussion: """
            Any number of workers on any number of machines share the work. All of them need the folder that holds \
            originals and uploads under the same path, as the server does. SIGTERM and Ctrl-C: no further job is taken, \
            and what runs may end; after --drain-seconds it is put back for another worker. A worker that is killed \
            loses nothing: another one takes over what it had.

            EXAMPLES
              SEMBLANCE_DATABASE=postgres://… SEMBLANCE_QUEUE=redis://… semblance worker
              semblance worker --queues search --concurrency 8 --health-port 9001
            """)

    @Option(
        name: .customLong("queues"),
        help: ArgumentHelp("Which jobs it takes: search, ingest, reembed, with commas between.", valueName: "names"),
        transform: Parsed.lanes)
    var lanes = Set(Job.Lane.allCases)

    @Option(
        help: ArgumentHelp(
            "Jobs of a queue that run at a time; by default 4 searches and one of the others, which uses all cores.",
            valueName: "n"))
    var concurrency: Int?

    @Option(
        name: .customLong("max-job-seconds"),
        help: ArgumentHelp(
            "How long a job may run; then it fails. By default a search has 120 and the others have no limit.",
            valueName: "s"))
    var maximumJobSeconds: Int?

    @Option(
        name: .customLong("drain-seconds"),
        help: ArgumentHelp("How long running jobs may go on when the worker is asked to stop.", valueName: "s"))
    var drainSeconds = 15

    @Option(
        name: .customLong("health-port"),
        help: ArgumentHelp(
            "Answer /healthz, /readyz and /metrics at this port; 0 takes a free one. By default none.",
            valueName: "port"))
    var healthPort: Int?

    @Option(
        name: .customLong("health-host"),
        help: ArgumentHelp("The address for it; anybody who reaches it can read these.", valueName: "address"))
    var healthHost = "127.0.0.1"

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var fetchOptions: FetchOptions
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard case .server = try options.address.kind() else {
            throw ValidationError(
                "A worker needs --database (SEMBLANCE_DATABASE). Without one, 'semblance serve' runs the jobs itself.")
        }
        guard (1...256).contains(concurrency ?? 1) else { throw ValidationError("--concurrency is 1 to 256.") }
        guard (1...2_592_000).contains(maximumJobSeconds ?? 1) else {
            throw ValidationError("--max-job-seconds is 1 to 2,592,000.")
        }
        guard (0...3600).contains(drainSeconds) else { throw ValidationError("--drain-seconds is 0 to 3,600.") }
        guard (0...65_535).contains(healthPort ?? 0) else { throw ValidationError("--health-port is 0 to 65,535.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options, cancelsOnSignal: false) { try await command.work() }
    }

    private var settings: EngineSettings {
        var settings = engineOptions.settings
        settings.jobTimeLimit = maximumJobSeconds.map { .seconds($0) }
        settings.drainLimit = .seconds(drainSeconds)
        return settings
    }

    private func work() async throws {
        let logger = Log.make(isVerbose: options.isVerbose, level: .notice)
        let app = try await App.build(
            options, settings, access: .write, fetching: fetchOptions.configuration, logger: logger)
        let readiness = Readiness()
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: BackendWatch(checks: app.backends.checks, readiness: readiness)),
            .init(service: WarmUp(app: app, readiness: readiness)),
        ]
        if let healthPort {
            let server = WorkerServer(
                engine: app.engine, readiness: readiness, host: healthHost, port: healthPort, logger: logger
            ) { Console.note("health at http://\(healthHost):\($0)/readyz") }
            services.append(.init(service: server))
        }
        services.append(
            .init(
                service: JobWorkers(engine: app.engine, lanes: lanes, concurrency: concurrency),
                successTerminationBehavior: .gracefullyShutdownGroup))
        Console.note(
            "Semblance works on \(lanes.map(\.rawValue).sorted().joined(separator: ", ")) · \(app.backends.place) · "
                + "Ctrl-C stops")
        var lifecycle = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        lifecycle.maximumGracefulShutdownDuration = .seconds(drainSeconds + 10)
        try await ServiceGroup(configuration: lifecycle).run()
        await app.backends.close()
    }
}
