import Foundation
import SemblanceIndex
import SemblanceLab
import SemblanceVision

/// What figures depend on besides the program.
enum MachineFacts {
    static func now(note: String) -> BenchmarkCircumstances {
        BenchmarkCircumstances(
            machine: .current,
            versions: [
                "Semblance": Version.current, "OpenVINO": OpenVINORuntime.version() ?? "unknown", "Linux": kernel,
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
        let flags = Machine.processorFact("flags") ?? Machine.processorFact("Features") ?? ""
        let known: Set = ["avx512_bf16", "amx_bf16", "bf16"]
        return flags.split(separator: " ").contains { known.contains(String($0)) }
    }

    private static var kernel: String {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
