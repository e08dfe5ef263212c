import ArgumentParser
import Foundation
import SemblanceCore

/// Runs a command's work: errors become one line and exit code 1, Ctrl-C and SIGTERM cancel it and exit with 130.
func run<Value: Sendable>(
    _ options: CommonOptions, cancelsOnSignal: Bool = true, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // A reader of standard output that goes away is seen as a failed write.
    signal(SIGPIPE, SIG_IGN)
    let work = Task { try await body() }
    let sources = (cancelsOnSignal ? [SIGINT, SIGTERM] : []).map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            // A second time means now.
            if work.isCancelled { _exit(ExitCode.interrupted.rawValue) }
            work.cancel()
        }
        source.resume()
        return source
    }
    defer { for source in sources { source.cancel() } }
    do {
        return try await work.value
    } catch let code as ExitCode {
        throw code
    } catch let error as ValidationError {
        throw error
    } catch {
        if work.isCancelled { throw ExitCode.interrupted }
        report(error, printsJSON: options.printsJSON)
        throw ExitCode.failure
    }
}

private func report(_ error: any Error, printsJSON: Bool) {
    let failure = FileFailure(path: "", error: error)
    let isKnown = error is any PublicError
    let message = isKnown ? failure.message : "\(error)"
    if printsJSON {
        let json = JSONValue.object(["error": .object(["code": .string(failure.code), "message": .string(message)])])
        Console.write(json.text + "\n", to: STDOUT_FILENO)
    }
    Console.note("semblance: \(message)")
}
