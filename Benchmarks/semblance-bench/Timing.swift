import Foundation
import SemblanceCore

/// Time that this thread spent on a core, in seconds: other processes do not disturb it, except through caches.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func wallSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Time that all threads of this process spent on cores.
func processSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Repetitions of one measurement, in milliseconds.
struct Samples {
    private var sorted: [Double]

    init(_ milliseconds: [Double]) { sorted = milliseconds.sorted() }

    func quantile(_ share: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
    }

    /// `{"min", "p50", "p95", "p99", "count"}`, milliseconds.
    var json: JSONValue {
        [
            "min": .number(quantile(0)), "p50": .number(quantile(0.5)), "p95": .number(quantile(0.95)),
            "p99": .number(quantile(0.99)), "count": .number(Double(sorted.count)),
        ]
    }
}
