import ArgumentParser
import SemblanceCore
import SemblanceStore

/// The servers of an installation in server mode.
struct ServerAddress: Sendable, CustomStringConvertible {
    let database: PostgresURL
    /// `nil`: jobs wait in the database, and whoever runs jobs looks there.
    let queue: RedisURL?
    let acceptsOlderExtension: Bool
    /// How long a job whose worker gives no sign of life stays that worker's.
    let lease: Duration

    /// - Throws: `ValidationError` that says what is wrong without the address itself, which may hold a password.
    init(database: String, queue: String?, acceptsOlderExtension: Bool) throws {
        do {
            self.database = try PostgresURL(database)
            self.queue = try queue.map { try RedisURL($0) }
        } catch let error as any PublicError {
            throw ValidationError(error.message)
        }
        self.acceptsOlderExtension = acceptsOlderExtension
        let seconds = Environment.value("SEMBLANCE_LEASE_SECONDS") ?? "30"
        guard let count = Int(seconds), (3...3600).contains(count) else {
            throw ValidationError("SEMBLANCE_LEASE_SECONDS is 3 to 3600, not '\(seconds)'.")
        }
        lease = .seconds(count)
    }

    var configuration: PostgresConfiguration {
        PostgresConfiguration(url: database, acceptsOlderExtension: acceptsOlderExtension)
    }

    /// Without passwords.
    var description: String {
        database.description + (queue.map { " and \($0.description)" } ?? "")
    }
}
