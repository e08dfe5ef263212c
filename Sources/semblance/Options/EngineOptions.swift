import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceFetch
import SemblanceVision

/// Options of commands that load a model.
struct EngineOptions: ParsableArguments {
    @Option(help: "The engine's arithmetic: default (the engine's choice), f32 or bf16.")
    var precision = Environment.precision

    @Option(
        help: ArgumentHelp("Threads for decoding and inference; 0 means one a core.", valueName: "n"))
    var threads = 0

    @Option(
        name: .customLong("max-bytes"),
        help: ArgumentHelp("Largest file that is read, in bytes.", valueName: "n"))
    var maximumByteCount = DecodingLimits().maximumByteCount

    @Option(
        name: .customLong("max-pixels"),
        help: ArgumentHelp("Largest image that is decoded, width times height.", valueName: "n"))
    var maximumPixelCount = DecodingLimits().maximumPixelCount

    @Option(
        name: .customLong("max-seconds"),
        help: ArgumentHelp("Longest time that decoding one file may take.", valueName: "s"))
    var maximumSeconds = 30.0

    var settings: EngineSettings {
        EngineSettings(
            precision: precision, threadCount: threads > 0 ? threads : nil,
            limits: DecodingLimits(
                maximumByteCount: maximumByteCount, maximumPixelCount: maximumPixelCount,
                timeLimit: .milliseconds(Int(min(max(maximumSeconds, 0), 1e9) * 1000))))
    }

    func validate() throws {
        try Environment.validate()
        guard maximumSeconds.isFinite else { throw ValidationError("--max-seconds is a number of seconds.") }
        do {
            try settings.limits.validate()
            guard (0...256).contains(threads) else {
                throw RequestError(.invalidQuery, "The number of threads is 0 to 256, not \(threads).")
            }
        } catch let error as RequestError {
            throw ValidationError(error.message)
        }
    }
}

/// How images are read and models run.
struct EngineSettings: Sendable, Hashable {
    var precision = Environment.precision
    /// `nil` means one a core.
    var threadCount: Int?
    var limits = DecodingLimits()
    /// How long a job of any lane may run; `nil` leaves the engine's defaults.
    var jobTimeLimit: Duration?
    /// How long running jobs may go on at shutdown.
    var drainLimit: Duration?
}

extension Precision: ExpressibleByArgument {}

/// Variables of the environment; an empty one counts as absent.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
        return value
    }

    /// - Returns: `nil` if the variable is absent.
    /// - Throws: `ValidationError` naming the variable and its range.
    static func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ValidationError("\(name) is \(range.lowerBound) to \(range.upperBound), not '\(text)'.")
        }
        return number
    }

    /// - Throws: `ValidationError` naming a variable whose value is none of those it may have.
    static func validate() throws {
        if let precision = value("SEMBLANCE_PRECISION"), Precision(rawValue: precision) == nil {
            throw ValidationError("SEMBLANCE_PRECISION is default, f32 or bf16, not '\(precision)'.")
        }
        if let port = value("SEMBLANCE_PORT"), Int(port) == nil {
            throw ValidationError("SEMBLANCE_PORT is a number, not '\(port)'.")
        }
    }

    static var precision: Precision {
        value("SEMBLANCE_PRECISION").flatMap(Precision.init(rawValue:)) ?? .default
    }

    /// `SEMBLANCE_MODEL_CONFIG`, else the project's own file if the program is started there.
    static var modelConfigurationPath: String? {
        value("SEMBLANCE_MODEL_CONFIG")
            ?? (FileManager.default.fileExists(atPath: "config/model_config.json")
                ? "config/model_config.json" : nil)
    }
}

/// Values that say themselves what is wrong with them.
enum Parsed {
    static func filter(_ text: String) throws -> MetadataFilter { try explained { try MetadataFilter(text: text) } }
    static func region(_ text: String) throws -> Region { try explained { try Region(text: text) } }
    static func network(_ text: String) throws -> IPNetwork { try explained { try IPNetwork(text) } }

    static func lanes(_ text: String) throws -> Set<Job.Lane> {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        return Set(
            try names.map { name in
                guard let lane = Job.Lane(rawValue: name) else {
                    throw ValidationError(
                        "--queues is a list of search, ingest and reembed; '\(name)' is none of them.")
                }
                return lane
            })
    }

    static func weights(_ text: String) throws -> [Float] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map {
            guard let weight = Float($0.trimmingCharacters(in: .whitespaces)), weight.isFinite else {
                throw ValidationError("--weights is a list of numbers such as 1,0.5; '\($0)' is none.")
            }
            return weight
        }
    }

    private static func explained<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as RequestError { throw ValidationError(error.message) }
    }
}
