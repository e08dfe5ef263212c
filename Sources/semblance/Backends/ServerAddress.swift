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
    let vectorIndexes: VectorIndexConfiguration
    /// Of this process.
    let connectionCount: Int
    /// Whether models that are new to the database get vectors of half precision.
    let usesHalfPrecision: Bool

    /// - Throws: `ValidationError` that says what is wrong without the address itself, which may hold a password.
    init(database: String, queue: String?, acceptsOlderExtension: Bool) throws {
        do {
            self.database = try PostgresURL(database)
            self.queue = try queue.map { try RedisURL($0) }
        } catch let error as any PublicError {
            throw ValidationError(error.message)
        }
        self.acceptsOlderExtension = acceptsOlderExtension
        lease = .seconds(try Environment.number("SEMBLANCE_LEASE_SECONDS", in: 3...3600) ?? 30)
        // Building an index takes one for its whole time; searches, leases and its own cancelling need others.
        connectionCount = try Environment.number("SEMBLANCE_DATABASE_CONNECTIONS", in: 3...200) ?? 8
        let element = Environment.value("SEMBLANCE_VECTOR_TYPE") ?? "vector"
        guard ["vector", "halfvec"].contains(element) else {
            throw ValidationError("SEMBLANCE_VECTOR_TYPE is vector or halfvec, not '\(element)'.")
        }
        usesHalfPrecision = element == "halfvec"
        do {
            vectorIndexes =
                try Environment.value("SEMBLANCE_HNSW").map { try VectorIndexConfiguration(parsing: $0) }
                ?? VectorIndexConfiguration()
        } catch let error as RequestError {
            throw ValidationError("SEMBLANCE_HNSW: \(error.message)")
        }
    }

    var configuration: PostgresConfiguration {
        PostgresConfiguration(
            url: database, connectionCount: connectionCount, usesHalfPrecision: usesHalfPrecision,
            acceptsOlderExtension: acceptsOlderExtension)
    }

    /// Without passwords.
    var description: String {
        database.description + (queue.map { " and \($0.description)" } ?? "")
    }
}
