import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceVision

/// A checkpoint → the bytes of an ONNX graph: time, and the most memory that this process ever had in use, with the
/// program itself and the mapped file in it.
struct ImportBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "import")

    @Argument(help: "A checkpoint of any family.") var checkpoint: String

    func run() throws {
        let start = wallSeconds()
        let file = try CheckpointFile(path: checkpoint)
        let hash = file.contentHash
        let hashed = wallSeconds()
        let onnx = try graphBytes(from: Checkpoint.read(file))
        let end = wallSeconds()
        let fileSize = try FileManager.default.attributesOfItem(atPath: checkpoint)[.size] as? Int ?? 0
        let peak = try peakByteCount()
        print(
            JSONValue.object([
                "file_bytes": .number(Double(fileSize)), "onnx_bytes": .number(Double(onnx.count)),
                "sha256": .string(hash.hexadecimal), "hash_seconds": .number(hashed - start),
                "seconds": .number(end - start), "peak_bytes": .number(Double(peak)),
                "peak_share": .number(Double(peak) / Double(max(fileSize, 1))),
            ]).text)
    }

    private func graphBytes(from checkpoint: Checkpoint) throws -> Data {
        for family in ArchitectureFamily.all {
            guard let network = try family.recognise(checkpoint, options: NetworkOptions()) else { continue }
            return try network.graph(from: checkpoint, size: network.preprocessing.size).serialised()
        }
        throw ValidationError("The tensors are of no family that is known.")
    }

    /// `VmHWM`: the process's largest resident set.
    private func peakByteCount() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return 1024 * (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0)
    }
}
