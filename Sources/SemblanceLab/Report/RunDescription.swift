import Foundation
import SemblanceCore

/// What a report says about how its numbers came about.
public struct RunDescription: Sendable {
    /// As the user named the set.
    public var setPath: String
    /// Options of the set and of the measurement that differ from their defaults, as on the command line.
    public var options: [String]
    /// Asked for, such as `default`; and what the engine chose, such as `bf16`.
    public var precision: String
    public var chosenPrecision: String
    public var threadCount: Int
    public var bootstrap: Bootstrap
    public var machine: Machine
    public var programVersion: String
    public var engineVersion: String
    public var date: Date
    /// Who made the pictures, for the page's foot; empty for nothing.
    public var credit: String

    public init(
        setPath: String, options: [String], precision: String, chosenPrecision: String, threadCount: Int,
        bootstrap: Bootstrap, machine: Machine, programVersion: String, engineVersion: String, date: Date = Date(),
        credit: String = ""
    ) {
        self.setPath = setPath
        self.options = options
        self.precision = precision
        self.chosenPrecision = chosenPrecision
        self.threadCount = threadCount
        self.bootstrap = bootstrap
        self.machine = machine
        self.programVersion = programVersion
        self.engineVersion = engineVersion
        self.date = date
        self.credit = credit
    }
}

/// The machine that something was measured on.
public struct Machine: Hashable, Sendable, Codable {
    public let processor: String
    public let coreCount: Int
    public let memoryByteCount: Int64
    public let system: String

    public init(processor: String, coreCount: Int, memoryByteCount: Int64, system: String) {
        self.processor = processor
        self.coreCount = coreCount
        self.memoryByteCount = memoryByteCount
        self.system = system
    }

    private enum CodingKeys: String, CodingKey {
        case processor, system
        case coreCount = "cores"
        case memoryByteCount = "memory_bytes"
    }

    /// This one.
    public static var current: Machine {
        let process = ProcessInfo.processInfo
        return Machine(
            processor: processorFact("model name") ?? "unknown processor",
            coreCount: process.activeProcessorCount, memoryByteCount: Int64(process.physicalMemory),
            system: field("PRETTY_NAME", of: "/etc/os-release", separator: "=") ?? process.operatingSystemVersionString)
    }

    /// What the system says of the first core, such as `flags`.
    package static func processorFact(_ name: String) -> String? { field(name, of: "/proc/cpuinfo", separator: ":") }

    private static func field(_ name: String, of path: String, separator: Character) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: separator, maxSplits: 1)
            guard parts.count == 2, String(parts[0]).trimmingSpaces() == name else { continue }
            return String(parts[1]).trimmingSpaces().trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
        return nil
    }
}

extension RunDescription: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("set", setPath)
            $0.member("options", options)
            $0.member("precision", precision)
            $0.member("chosen_precision", chosenPrecision)
            $0.member("threads", threadCount)
            $0.member("bootstrap") {
                $0.member("resamples", bootstrap.resampleCount)
                $0.member("level", bootstrap.level)
                $0.member("seed", Int64(clamping: bootstrap.seed))
            }
            $0.member("machine") {
                $0.member("processor", machine.processor)
                $0.member("cores", machine.coreCount)
                $0.member("memory_bytes", machine.memoryByteCount)
                $0.member("system", machine.system)
            }
            $0.member("versions") {
                $0.member("semblance", programVersion)
                $0.member("openvino", engineVersion)
            }
            $0.member("date", date)
        }
    }
}
