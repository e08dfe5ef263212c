import ArgumentParser
import Foundation

/// The process: runs the command that was typed.
///
/// It ends without what libraries would do at its end. Threads may still be at work then, such as one that closes a
/// connection to PostgreSQL, and would meet libraries that have put their memory away: that ended in a double free, after
/// the answer. What is to be kept has been written by then.
@main
enum Main {
    static func main() async {
        OpenFiles.raiseLimit()
        do {
            var command = try Semblance.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            end(.success)
        } catch {
            let code = Semblance.exitCode(for: error)
            let message = Semblance.fullMessage(for: error)
            if !message.isEmpty {
                Console.write(message + "\n", to: code == .success ? STDOUT_FILENO : STDERR_FILENO)
            }
            end(code)
        }
    }

    private static func end(_ code: ExitCode) -> Never {
        fflush(nil)
        _exit(code.rawValue)
    }
}
