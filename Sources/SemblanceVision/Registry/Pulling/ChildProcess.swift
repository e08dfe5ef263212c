import Foundation
import SemblanceCore
import Synchronization

/// Runs another program and waits for it. Blocks; `terminate()` may be called from any thread.
///
/// `@unchecked Sendable`: `process` is configured in `init` and started once; Foundation's `terminate` is thread-safe.
final class ChildProcess: @unchecked Sendable {
    /// How a program ended.
    struct Ending: Error, CustomStringConvertible {
        let status: Int32
        /// The last 4,000 bytes of what it printed, for the log.
        let output: String

        var description: String { "exit status \(status): \(output)" }
    }

    private enum Stage { case waiting, running, terminated }

    private let process = Process()
    private let pipe = Pipe()
    private let stage = Mutex(Stage.waiting)

    /// - Parameter environment: variables besides those of this program.
    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) {
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
    }

    /// - Parameter onLine: gets each line that it prints, as it comes.
    /// - Throws: what Foundation throws if the program cannot be started; `CancellationError` if it was ended before.
    func run(onLine: (String) -> Void = { _ in }) throws -> Ending {
        try stage.withLock { stage in
            guard stage == .waiting else { throw CancellationError() }
            try Self.withAllSignals { try process.run() }
            stage = .running
        }
        // Its own end of the pipe was closed by `run`, so the data ends when the program and its children have ended.
        let output = readAll(onLine)
        process.waitUntilExit()
        return Ending(status: process.terminationStatus, output: String(decoding: output.suffix(4000), as: UTF8.self))
    }

    /// Reads until the end; keeps the last of it.
    private func readAll(_ onLine: (String) -> Void) -> Data {
        var kept = Data()
        var line = Data()
        while case let piece = pipe.fileHandleForReading.availableData, !piece.isEmpty {
            kept.append(piece)
            if kept.count > 65_536 { kept = Data(kept.suffix(4000)) }
            line.append(piece)
            while let end = line.firstIndex(of: UInt8(ascii: "\n")) {
                onLine(String(decoding: line[..<end], as: UTF8.self))
                line = Data(line[(end + 1)...])
            }
            // A progress bar that never ends its line must not fill the memory.
            if line.count > 65_536 { line = Data() }
        }
        return kept
    }

    func terminate() {
        stage.withLock { stage in
            if stage == .running, process.isRunning { process.terminate() }
            stage = .terminated
        }
    }

    /// A child inherits its parent thread's signal mask, and threads of libdispatch block nearly all of them: the
    /// child would neither end with Ctrl-C nor by `terminate()`.
    private static func withAllSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    /// The path of a program: itself if it is a path, else the first of that name in `PATH`.
    static func find(_ program: String) -> String? {
        if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
