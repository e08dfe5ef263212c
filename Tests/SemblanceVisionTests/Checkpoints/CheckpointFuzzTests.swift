import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Damages checkpoints byte by byte and at random, with a fixed seed: every result is tensors or an error that says
/// what is wrong, but never a read outside the file, an endless loop or a crash.
///
/// `SEMBLANCE_FUZZ_ROUNDS` sets how often each file is damaged at random (default 60, times ten here).
@Suite struct CheckpointFuzzTests {
    enum Format: String, CaseIterable, CustomTestStringConvertible {
        case legacy, zip, zip64, safetensors

        var testDescription: String { rawValue }

        /// Three small tensors, one of which shares a storage with another where the format has storages.
        var file: [UInt8] {
            var torch = TorchFileWriter.floats([1, 2, 3, 4, 5, 6], shape: [2, 3], strides: [3, 1])
            torch.storages.append(.init(key: "8", className: "HalfStorage", count: 2, bytes: [0, 0x3C, 0, 0x40]))
            torch.tensors.append(.init(name: "view", storage: 0, offset: 2, shape: [2, 2], strides: [1, 2]))
            torch.tensors.append(.init(name: "half", storage: 1, shape: [2], strides: [1]))
            var archive = StoredZipWriter(torch)
            archive.isZip64 = self == .zip64
            archive.hasZip64End = true
            switch self {
            case .legacy: return torch.file()
            case .zip, .zip64: return archive.file()
            case .safetensors:
                let header =
                    #"{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
                    + #""half":{"dtype":"F16","shape":[2],"data_offsets":[24,28]},"__metadata__":{"format":"pt"}}"#
                return SafetensorsReaderTests.file(header, data: torch.storages.flatMap(\.bytes))
            }
        }
    }

    private static let roundCount =
        10 * (ProcessInfo.processInfo.environment["SEMBLANCE_FUZZ_ROUNDS"].flatMap(Int.init) ?? 60)

    /// Reads everything, or checks the refusal.
    /// - Returns: whether the file was read.
    private func reads(_ bytes: [UInt8]) -> Bool {
        do {
            let checkpoint = try Checkpoint.read(CheckpointFile(bytes, name: "fuzzed.pth"))
            for (name, tensor) in checkpoint.tensors {
                #expect(tensor.count * tensor.elementType.byteCount <= bytes.count, "'\(name)'")
                _ = try? tensor.floats()
            }
            return true
        } catch {
            #expect(error.code == .damagedCheckpoint || error.code == .forbiddenPickle, "\(error)")
            #expect(error.message.contains("'fuzzed.pth'"))
            return false
        }
    }

    @Test(arguments: Format.allCases)
    func survivesDamageOfEveryByte(format: Format) {
        let whole = format.file
        #expect(reads(whole))
        var refusalCount = 0
        for index in whole.indices {
            let good = whole[index]
            for bad in [0, 1, 0x2E, 0x7F, 0x80, 0xFF, good ^ 1, good &+ 1, good &- 1] as [UInt8] where bad != good {
                var bytes = whole
                bytes[index] = bad
                if !reads(bytes) { refusalCount += 1 }
            }
        }
        // Times, checksums and the numbers themselves may hold anything; structure is more than half of each file.
        #expect(refusalCount > whole.count * 4)
    }

    @Test(arguments: Format.allCases)
    func survivesDamageAtRandom(format: Format) {
        let whole = format.file
        var random = FixedRandom(seed: UInt64(whole.count))
        for _ in 0..<Self.roundCount {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                Self.damage(&bytes, &random)
            }
            _ = reads(bytes)
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout FixedRandom) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...20, using: &random)))
        case 3: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 16)], at: index)
        // Whole numbers of four and eight bytes, at their limits.
        case 4: overwrite(&bytes, at: index, count: 4, with: [0, 0x7F, 0xFF].randomElement(using: &random) ?? 0)
        default: overwrite(&bytes, at: index, count: 8, with: [0, 0x7F, 0xFF].randomElement(using: &random) ?? 0)
        }
    }

    private static func overwrite(_ bytes: inout [UInt8], at index: Int, count: Int, with value: UInt8) {
        for place in index..<min(bytes.count, index + count) { bytes[place] = value }
    }
}
