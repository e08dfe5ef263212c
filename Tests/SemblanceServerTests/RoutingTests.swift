import HTTPTypes
import Hummingbird
import HummingbirdTesting
import SemblanceCore
import Testing

@Suite struct RoutingTests {
    @Test(arguments: [
        "/nothing", "/v1", "/v1/", "/v1/catalogues/a/b", "/web/../Package.swift", "/web/..%2f..%2fetc%2fpasswd",
        "/web/%2e%2e/%2e%2e/etc/passwd", "/web/", "/index.html", "/v1/models/x", "/%", "/%00",
    ])
    func knowsNothingElse(path: String) async throws {
        try await ServerFixture().run { client async throws in
            let response = try await client.get(path)
            #expect(response.status.code == 404 || response.status.code == 400)
            #expect(response.problemCode != nil)
        }
    }

    @Test func namesTheMethodsThatAPathAnswers() async throws {
        try await ServerFixture().run { client async throws in
            let refused = try await client.execute(uri: "/v1/catalogues/a", method: .put)
            #expect(refused.status == .methodNotAllowed)
            #expect(refused.headers[.allow] == "DELETE, GET, HEAD, OPTIONS, PATCH")
            #expect(refused.problemCode == "method-not-allowed")
            let options = try await client.execute(uri: "/v1/catalogues", method: .options)
            #expect(options.status == .noContent)
            #expect(options.headers[.allow] == "GET, HEAD, OPTIONS, POST")
            let urls = try await client.execute(uri: "/v1/catalogues/a/images/urls", method: .get)
            #expect(urls.headers[.allow] == "OPTIONS, POST")
            let odd = try await client.execute(uri: "/upload_catalogue", method: .init("BREW")!)
            #expect(odd.status == .methodNotAllowed)
            #expect(try await client.execute(uri: "/nothing", method: .options).status == .notFound)
        }
    }

    @Test func sendsSecurityHeadersWithEverything() async throws {
        try await ServerFixture().run { client async throws in
            for path in ["/healthz", "/v1/models", "/nothing", "/v1/catalogues/x"] {
                let headers = try await client.get(path).headers
                #expect(headers[.xContentTypeOptions] == "nosniff")
                #expect(headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
                #expect(headers[.init("X-Frame-Options")!] == "DENY")
                #expect(headers[.init("Referrer-Policy")!] == "no-referrer")
                #expect(headers[.init("X-Request-ID")!]?.isEmpty == false)
            }
        }
    }

    @Test func keepsAClientsRequestIDIfItIsHarmless() async throws {
        let name = HTTPField.Name("X-Request-ID")!
        try await ServerFixture().run { client async throws in
            #expect(try await client.get("/healthz", headers: [name: "abc-1.2_3"]).headers[name] == "abc-1.2_3")
            let odd = "a b\"c"
            #expect(try await client.get("/healthz", headers: [name: odd]).headers[name] != odd)
        }
    }

    @Test func describesProblemsAsRFC9457Says() async throws {
        try await ServerFixture().run { client async throws in
            let response = try await client.get("/v1/catalogues/nobody")
            let problem = try response.json()
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(problem["type"] == "/problems/catalogue-unknown")
            #expect(problem["title"] == "Not Found")
            #expect(problem["status"] == 404)
            #expect(problem["detail"]?.string?.contains("nobody") == true)
        }
    }

    @Test func countsRequestsByRoute() async throws {
        try await ServerFixture().run { client async throws in
            for name in ["a", "b", "c"] { _ = try await client.get("/v1/catalogues/\(name)") }
            let metrics = try await client.get("/metrics")
            #expect(metrics.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
            let line =
                "semblance_http_requests_total{method=\"GET\",route=\"/v1/catalogues/{catalogue}\",status=\"404\"} 3"
            #expect(metrics.text.contains(line))
            #expect(metrics.text.contains("process_resident_memory_bytes "))
            let queue = [
                "semblance_queue_up 1", #"semblance_queue_depth{lane="ingest"} 0"#,
                #"semblance_jobs_running{lane="search"} 0"#,
            ]
            for line in queue { #expect(metrics.text.contains(line + "\n")) }
            // Nobody counts workers of a queue inside the process.
            #expect(!metrics.text.contains("semblance_workers{"))
        }
    }

    @Test func showsModelsAndStats() async throws {
        try await ServerFixture().run { client async throws in
            try await client.upload(.pictures(0..<3))
            let stats = try await client.get("/v1/stats").json()
            #expect(stats["version"] == "0.0.0-test")
            #expect(stats["catalogues"]?.elements.first?["embedding_counts"] == ["small": 3])
            #expect(stats["jobs"] == ["queued": 0, "running": 0])
            #expect(try await client.get("/v1/models").json()["models"] == stats["models"])
        }
    }

    @Test func listsAndCancelsJobs() async throws {
        try await ServerFixture().run(workers: false) { client async throws in
            let id = try await client.send(.pictures(0..<1), to: "/upload_catalogue").json()["task_id"]?.string
            let job = "/v1/jobs/\(try #require(id))"
            #expect(try await client.get("/v1/jobs?state=queued&lane=ingest").json()["jobs"]?.elements.count == 1)
            #expect(try await client.get("/v1/jobs?state=running").json()["jobs"] == [])
            #expect(try await client.send("", to: job + "/cancel").json()["state"] == "cancelled")
            #expect(try await client.send("", to: job + "/cancel").problemCode == "job-already-ended")
            #expect(try await client.get(job + "/failures").json() == ["failures": []])
            for bad in ["state=x", "lane=x", "lane=", "limit=", "limit=0", "limit=1001", "offset=-1"] {
                #expect(try await client.get("/v1/jobs?\(bad)").status == .badRequest)
            }
            #expect(try await client.get("/v1/jobs/x/failures").problemCode == "job-unknown")
            #expect(try await client.get("/v1/jobs/x/events").problemCode == "job-unknown")
        }
    }
}
