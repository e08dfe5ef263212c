import Foundation
import SemblanceIndex
import SemblanceLab
import SemblanceVision

/// What figures depend on besides the program.
enum MachineFacts {
    static func now(note: String) -> BenchmarkMachine {
        BenchmarkMachine(
            processor: line("model name", of: "/proc/cpuinfo") ?? "an unknown processor",
            coreCount: ProcessInfo.processInfo.activeProcessorCount,
            memoryByteCount: Int64(ProcessInfo.processInfo.physicalMemory), system: system,
            versions: [
                "Semblance": Version.current, "OpenVINO": OpenVINORuntime.version() ?? "unknown",
                "vector instructions": VectorInstructions.name,
            ],
            loadAtStart: load, note: note)
    }

    /// Processes that ran or waited, in the mean of the last minute.
    static var load: Double {
        var averages = [0.0, 0, 0]
        return getloadavg(&averages, 3) > 0 ? averages[0] : 0
    }

    /// Whether the processor multiplies bfloat16 numbers itself: AVX-512 or AMX on x86, BF16 on ARM.
    static var hasBF16: Bool {
        let flags = line("flags", of: "/proc/cpuinfo") ?? line("Features", of: "/proc/cpuinfo") ?? ""
        let known: Set = ["avx512_bf16", "amx_bf16", "bf16"]
        return flags.split(separator: " ").contains { known.contains(String($0)) }
    }

    private static var system: String {
        let release = try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)
        let name = release?.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(12)
        var kernel = utsname()
        uname(&kernel)
        let version = withUnsafeBytes(of: kernel.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return "\(name.map { $0.trimmingCharacters(in: ["\""]) } ?? "Linux"), kernel \(version)"
    }

    /// The value of the first line `name : value`.
    private static func line(_ name: String, of path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let found = text.split(separator: "\n").first {
            $0.split(separator: ":").first?.trimmingCharacters(in: .whitespaces) == name
        }
        return found?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
