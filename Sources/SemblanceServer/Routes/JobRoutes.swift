import Hummingbird
import SemblanceCore
import SemblanceEngine

/// `/v1/jobs`.
struct JobRoutes: EndpointGroup {
    let services: Services
    private var engine: Engine { services.engine }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/jobs", scope: .read,
                Operation(
                    "listJobs", .jobs, "List jobs, newest first; searches without their results.",
                    query: [
                        Parameter(
                            "state", Schema.choice(Job.State.allCases.map(\.rawValue)), "Only jobs in this state."),
                        Parameter("lane", Schema.choice(Job.Lane.allCases.map(\.rawValue)), "Only jobs of this kind."),
                        .pageLimit, .pageOffset,
                    ],
                    answer: .json(Schema.object(["jobs": Schema.list(Schema.reference("Job"))]), "A page.")),
                respond: list),
            Endpoint(
                .get, "/v1/jobs/{job}", scope: .read,
                Operation("showJob", .jobs, "Show a job.", answer: .json(Schema.reference("Job"), "The job.")),
                respond: show),
            Endpoint(
                .get, "/v1/jobs/{job}/failures", scope: .read,
                Operation(
                    "listFailures", .jobs, "List the files that a job could not take in.",
                    query: [.pageLimit, .pageOffset],
                    answer: .json(Schema.object(["failures": Schema.list(Schema.reference("FileFailure"))]), "A page.")),
                respond: failures),
            Endpoint(
                .post, "/v1/jobs/{job}/cancel", scope: .write,
                Operation(
                    "cancelJob", .jobs, "Cancel a job.",
                    detail: "One that runs stops after its present batch; what it took in stays.",
                    answer: .json(Schema.reference("Job"), "The job."), errors: [409]),
                respond: cancel),
        ]
    }

    private func list(_ request: Request, _ context: ServerContext) async throws -> Response {
        let query = try Query(request)
        let state = try query.choice("state", of: Job.State.self)
        let (limit, offset) = try query.page()
        let jobs = try await engine.jobs(
            in: state.map { [$0] }, lane: try query.choice("lane", of: Job.Lane.self), limit: limit, offset: offset)
        return .json { $0.member("jobs", jobs.map { JobDocument(job: $0) }) }
    }

    private func show(_ request: Request, _ context: ServerContext) async throws -> Response {
        .json(JobDocument(job: try await engine.job(try context.pathParameter("job"))))
    }

    private func failures(_ request: Request, _ context: ServerContext) async throws -> Response {
        let (limit, offset) = try Query(request).page()
        let failures = try await engine.failures(
            of: try context.pathParameter("job"), limit: limit, offset: offset)
        return .json { $0.member("failures", failures.map { FailureDocument(failure: $0) }) }
    }

    private func cancel(_ request: Request, _ context: ServerContext) async throws -> Response {
        .json(JobDocument(job: try await engine.cancelJob(try context.pathParameter("job"))))
    }
}

extension Query {
    /// `limit` and `offset` of a list.
    func page() throws -> (limit: Int, offset: Int) {
        let limit = try integer("limit") ?? 100
        let offset = try integer("offset") ?? 0
        guard (1...Engine.maximumPageSize).contains(limit), offset >= 0 else {
            throw RequestError(
                .invalidLimit,
                "'limit' is 1 to \(Engine.maximumPageSize) and 'offset' 0 or more, not \(limit) and \(offset).")
        }
        return (limit, offset)
    }
}

extension Parameter {
    static let pageLimit = Parameter(
        "limit", Schema.integer(1...Engine.maximumPageSize, default: 100), "Elements of a page.")
    static let pageOffset = Parameter(
        "offset", Schema.integer(0...Int.max, default: 0), "Elements to leave out before it.")
}
