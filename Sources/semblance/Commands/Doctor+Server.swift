import SemblanceCore
import SemblanceStore

extension Doctor {
    /// Database and queue of server mode.
    func examine(_ server: ServerAddress) async -> [Finding] {
        var findings = [await examineDatabase(of: server)]
        if let queue = await examineQueue(of: server) { findings.append(queue) }
        return findings
    }

    private func examineDatabase(of server: ServerAddress) async -> Finding {
        let subject = "database"
        do {
            // Says in one line whatever is wrong with it.
            let database = try await PostgresDatabase.open(server.configuration, schema: .require)
            database.close()
            let status = try await PostgresDatabase.status(server.configuration)
            return Finding(
                .fine, subject,
                "\(server.database): PostgreSQL \(status.serverVersion), pgvector \(status.extensionVersion ?? "none"), "
                    + "tables of version \(status.expectedSchemaVersion)")
        } catch {
            return Finding(.broken, subject, "\(error)")
        }
    }

    private func examineQueue(of server: ServerAddress) async -> Finding? {
        guard let url = server.queue else { return nil }
        let subject = "queue"
        do {
            let logger = Log.make(isVerbose: options.isVerbose)
            let database = try await PostgresDatabase.open(server.configuration, schema: .require)
            defer { database.close() }
            let queue = RedisJobQueue(url: url, jobs: PostgresJobStore(database: database), logger: logger)
            try await queue.check()
            var workers: [String] = []
            for lane in Job.Lane.allCases where try await queue.statistics(of: lane).workers == 0 {
                workers.append(lane.rawValue)
            }
            await queue.close()
            guard workers.isEmpty else {
                return Finding(
                    .weak, subject, "\(url); no worker takes jobs of \(workers.joined(separator: ", "))",
                    remedy: "Start one: semblance worker")
            }
            return Finding(.fine, subject, "\(url)")
        } catch {
            return Finding(.broken, subject, "\(error)")
        }
    }
}
