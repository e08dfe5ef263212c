import Foundation
import SemblanceCore

/// What this machine, or the container that it runs in, has left.
package enum SystemMemory {
    /// Bytes that a process may still take without swapping; `nil` where the system does not say.
    package static var availableByteCount: Int? {
        [machine, container].compactMap { $0 }.min()
    }

    /// Refuses what certainly does not fit, before it takes the machine's memory.
    /// - Parameters:
    ///   - needed: bytes, a lower bound.
    ///   - name: the weights file's.
    /// - Throws: `model-too-large`, with the numbers.
    package static func check(
        _ needed: Int, for name: String, available: Int? = availableByteCount
    ) throws(ModelError) {
        guard let available, needed > available else { return }
        throw ModelError(
            .tooLarge,
            "The model in '\(name)' needs at least \(needed >> 20) MB of memory, but \(available >> 20) MB are available. "
                + "Close other programs, or choose a smaller model.")
    }

    /// `MemAvailable`: what is free, and what the system could free of its caches.
    private static var machine: Int? {
        number(after: "MemAvailable:", in: "/proc/meminfo").map { $0 * 1024 }
    }

    /// The control group's limit, less what its processes hold beyond caches.
    private static var container: Int? {
        let folder = "/sys/fs/cgroup"
        guard let text = try? String(contentsOfFile: folder + "/memory.max", encoding: .utf8),
            let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let held = number(after: "anon", in: folder + "/memory.stat")
        else { return nil }
        return max(0, limit - held)
    }

    private static func number(after name: String, in path: String) -> Int? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
