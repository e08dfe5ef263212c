import Logging

/// The log goes to standard error; standard output holds answers only.
enum Log {
    static func make(isVerbose: Bool, level: Logger.Level = .warning) -> Logger {
        var logger = Logger(label: "semblance") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = isVerbose ? .debug : level
        return logger
    }
}
