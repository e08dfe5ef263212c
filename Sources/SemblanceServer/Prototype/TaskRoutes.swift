import Hummingbird
import SemblanceCore
import SemblanceEngine
import ServiceLifecycle

/// The first version's polling for tasks.
struct TaskRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    var endpoints: [Endpoint] {
        let status = Answer.json(Schema.reference("TaskStatus"), "The task's status.")
        let longest = services.configuration.maximumPollDuration / .seconds(1)
        return [
            Endpoint(
                .get, "/get_task_status/{req_id}", scope: .read,
                Operation("taskStatus", .prototype, "A task's status at once.", answer: status),
                respond: get),
            Endpoint(
                .get, "/poll_task_status/{req_id}", scope: .read,
                Operation(
                    "pollTaskStatus", .prototype, "Wait for a task.",
                    detail: "Answers as soon as the task has the target's status or has ended, and after `timeout` "
                        + "seconds at the latest, with TIMEOUT then. The first version looked `retry_limit` times; this "
                        + "one is told of each change, so the number is checked and not needed.",
                    query: [
                        Parameter(
                            "target_status",
                            Schema.choice(TaskStatus.allCases.filter { $0 != .timeout }.map(\.rawValue)),
                            "The status to wait for; by default SUCCESS."),
                        Parameter(
                            "timeout", Schema.number(0...longest, default: min(30, longest)), "Seconds to wait at most."
                        ),
                        Parameter("retry_limit", Schema.integer(0...1_000_000, default: 3), "Not needed any more."),
                    ], answer: status),
                respond: poll),
        ]
    }

    private func get(_ request: Request, _ context: ServerContext) async throws -> Response {
        .json(TaskDocument(job: try await engine.job(try context.pathParameter("req_id")), isTimedOut: false))
    }

    private func poll(_ request: Request, _ context: ServerContext) async throws -> Response {
        let query = try Query(request)
        let id = try context.pathParameter("req_id")
        let target = try query.choice("target_status", of: TaskStatus.self) ?? .success
        let timeout = try timeout(query)
        guard (0...1_000_000).contains(try query.integer("retry_limit") ?? 3) else {
            throw RequestError(.invalidQuery, "'retry_limit' is 0 to 1,000,000.")
        }
        let engine = self.engine
        let job = try await services.waitingClients.hold(for: context.client) {
            try await cancelWhenGracefulShutdown {
                try await engine.waitForJob(id, timeout: timeout) { TaskStatus($0.state).satisfies(target) }
            }
        }
        return .json(TaskDocument(job: job, isTimedOut: !TaskStatus(job.state).satisfies(target)))
    }

    private func timeout(_ query: Query) throws -> Duration {
        let longest = services.configuration.maximumPollDuration / .seconds(1)
        let seconds = try query.number("timeout") ?? min(30, longest)
        guard (0...longest).contains(seconds) else {
            throw RequestError(.invalidQuery, "'timeout' is 0 to \(Int(longest)) seconds, not \(seconds).")
        }
        return .seconds(seconds)
    }
}
