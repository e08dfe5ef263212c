import Foundation

/// How the engine runs a compiled model.
package struct EngineOptions: Hashable, Sendable {
    /// Arithmetic. Default: the engine's choice.
    package var precision: Precision
    /// Inferences that run at the same time, each on `threadsPerStream` threads. Default: one for each core. 1…256.
    package var streamCount: Int
    /// Threads that share one inference. Default 1. 1…256.
    package var threadsPerStream: Int

    package init(precision: Precision = .default, streamCount: Int? = nil, threadsPerStream: Int = 1) {
        self.precision = precision
        self.streamCount = min(max(streamCount ?? ProcessInfo.processInfo.activeProcessorCount, 1), 256)
        self.threadsPerStream = min(max(threadsPerStream, 1), 256)
    }

    /// OpenVINO's names and values.
    var properties: [(key: String, value: String)] {
        var properties = [
            (key: "NUM_STREAMS", value: "\(streamCount)"),
            (key: "INFERENCE_NUM_THREADS", value: "\(streamCount * threadsPerStream)"),
            // Threads that decode share the cores: a pinned thread would wait behind one of them.
            (key: "ENABLE_CPU_PINNING", value: "NO"),
        ]
        switch precision {
        case .default: break
        case .f32: properties.append((key: "INFERENCE_PRECISION_HINT", value: "f32"))
        case .bf16: properties.append((key: "INFERENCE_PRECISION_HINT", value: "bf16"))
        }
        return properties
    }
}
