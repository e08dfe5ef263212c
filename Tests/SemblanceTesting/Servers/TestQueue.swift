import Foundation
import Testing

/// The Redis server that tests share, each with keys of its own. `scripts/test-servers.sh` starts it.
public enum TestQueue {
    private static let variable = "SEMBLANCE_TEST_QUEUE"

    /// Whether tests that need it are run: where there is none they are skipped, but never by continuous integration.
    public static let isWanted =
        ProcessInfo.processInfo.environment[variable] != nil || ProcessInfo.processInfo.environment["CI"] != nil

    public static let reason: Comment = "SEMBLANCE_TEST_QUEUE names no Redis server; see scripts/test-servers.sh"

    /// - Throws: `MissingTestServer`.
    public static func url() throws -> String {
        guard let url = ProcessInfo.processInfo.environment[variable], !url.isEmpty else {
            throw MissingTestServer(variable: variable)
        }
        return url
    }

    /// The first part of all keys of one test.
    public static func keyPrefix() -> String { "test-\(UUID().uuidString.prefix(8))" }
}

public struct MissingTestServer: Error, CustomStringConvertible {
    let variable: String
    public var description: String { "\(variable) is not set: scripts/test-servers.sh start FOLDER" }
}
