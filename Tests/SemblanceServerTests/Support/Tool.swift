import Foundation

/// A program that a test needs and a machine may not have.
struct Tool {
    let path: String

    /// Whether a test that needs the program should run: where it is missing, only continuous integration fails.
    static func isExpected(_ name: String) -> Bool {
        Tool(named: name) != nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    /// The program on the search path; `nil` if there is none.
    init?(named name: String) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard
            let path = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile(atPath:))
        else { return nil }
        self.path = path
    }

    /// Runs it to its end without blocking, its output in a file of `folder`.
    func run(_ arguments: [String], in folder: String) async throws -> (status: Int32, output: String) {
        let file = folder + "/output.txt"
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = FileHandle(forWritingAtPath: file)
        process.standardOutput = output
        process.standardError = output
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (status, try String(contentsOfFile: file, encoding: .utf8))
    }
}
