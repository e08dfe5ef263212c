import Logging
import SemblanceCore

extension RedisJobQueue {
    /// Asks the server whether it can be worked with. Call when the program starts.
    /// - Throws: `JobError`, in one line: `job-queue-unavailable` if it cannot be reached, `job-queue-refused` for a
    ///   password that is missing or wrong, or a version before 6.2.
    public func check() async throws {
        do {
            let info = RedisServerInfo(text: try await client.send(["INFO"]).text ?? "")
            guard info.isUsable else {
                throw JobError(
                    .queueRefused,
                    "Expected Redis 6.2 or later, or Valkey, at \(client.url), not Redis \(info.version ?? "of an unknown version")."
                )
            }
            if info.mayForgetJobs {
                logger.warning(
                    "Redis may drop jobs when its memory is full: set its maxmemory-policy to noeviction",
                    metadata: ["policy": "\(info.evictionPolicy ?? "")"])
            }
        } catch let failure as RedisFailure where failure.code == "NOPERM" {
            // Some hosts keep INFO to themselves; the first command that is missing says so.
            logger.warning("the job queue's user may not ask for the server's version")
        } catch {
            let failure = JobError(redis: error)
            throw JobError(failure.code, "\(client.url): \(failure.message)", underlying: failure.underlying)
        }
    }
}

/// What a server says of itself.
package struct RedisServerInfo: Hashable, Sendable {
    package let version: String?
    package let evictionPolicy: String?

    /// - Parameter text: the answer to `INFO`: lines of `name:value`.
    package init(text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        // Valkey says with which version of Redis it agrees.
        version = values["redis_version"].map(String.init)
        let isLimited = values["maxmemory"].map { $0 != "0" } ?? false
        evictionPolicy = isLimited ? values["maxmemory_policy"].map(String.init) : nil
    }

    /// XAUTOCLAIM came with 6.2.
    package var isUsable: Bool {
        let parts = (version ?? "").split(separator: ".").map { Int($0) ?? 0 }
        guard parts.count >= 2 else { return false }
        return (parts[0], parts[1]) >= (6, 2)
    }

    /// Keys without expiry are dropped only by the policies for all keys.
    package var mayForgetJobs: Bool { evictionPolicy?.hasPrefix("allkeys") ?? false }
}
