import Foundation
import Synchronization

/// A Redis server of one test, which may kill it, start it again and take its data away.
///
/// It writes every change to its disk at once, and ends with this value.
public final class PrivateRedis: Sendable {
    private let process = Mutex<Process?>(nil)
    private let folder: TemporaryFolder
    public let port: Int
    private let password: String?
    private let options: [String]

    /// Whether `redis-server` is there, or must be.
    public static let isWanted = path != nil || ProcessInfo.processInfo.environment["CI"] != nil

    private static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/redis-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    public init(password: String? = nil, options: [String] = []) throws {
        folder = try TemporaryFolder()
        port = try LoopbackPort.free()
        self.password = password
        self.options = options
        try start()
    }

    deinit { kill() }

    public var url: String { "redis://\(password.map { ":\($0)@" } ?? "")127.0.0.1:\(port)" }

    /// Starts it and waits until it answers.
    public func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path ?? "/usr/bin/redis-server")
        process.arguments =
            [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path, "--save", "", "--appendonly", "yes",
                "--appendfsync", "always", "--loglevel", "warning",
            ] + (password.map { ["--requirepass", $0] } ?? []) + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
        let deadline = ContinuousClock.now + .seconds(10)
        while !LoopbackPort.answers(port) {
            guard process.isRunning, ContinuousClock.now < deadline else {
                throw PrivateServerError(text: "redis-server does not start on port \(port)")
            }
            usleep(5000)
        }
    }

    /// Ends it as a crash would.
    public func kill() {
        process.withLock { process in
            guard let running = process else { return }
            Glibc.kill(running.processIdentifier, SIGKILL)
            running.waitUntilExit()
            process = nil
        }
    }

    /// Takes its data away; call while it does not run.
    public func empty() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.removeItem(atPath: folder.path(name))
        }
    }
}

public struct PrivateServerError: Error, CustomStringConvertible {
    let text: String
    public var description: String { text }
}
