import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceVision

/// Pictures for `models quantize`: a sample of files, those that can be read, split in two.
struct CalibrationPictures: Sendable {
    /// Pictures to compare with, at most.
    private static let heldOutCount = 50

    private let paths: [String]
    private let wanted: Int

    /// - Parameters:
    ///   - paths: files, pictures or not.
    ///   - wanted: pictures to calibrate with, at most.
    init(paths: [String], wanted: Int) {
        // A folder's pictures come in series: neighbours would be all alike. The same sample on every run.
        var generator = Generator(state: 300)
        self.paths = paths.shuffled(using: &generator)
        self.wanted = wanted
    }

    /// Decodes as many as are needed, skipping what is no picture.
    /// - Throws: `CancellationError`.
    func prepared(
        for preprocessing: Preprocessing, limits: DecodingLimits
    ) async throws -> (calibrating: [PreparedImage], heldOut: [PreparedImage]) {
        let reader = ImageDecoder(limits: limits)
        let pool = ThreadPool(name: "calibration", threadCount: ProcessInfo.processInfo.activeProcessorCount)
        defer { pool.shutDown() }
        var pictures: [PreparedImage] = []
        let needed = wanted + Self.heldOutCount
        for start in stride(from: 0, to: paths.count, by: 32) where pictures.count < needed {
            try Task.checkCancellation()
            pictures += try await prepare(
                Array(paths[start..<min(start + 32, paths.count)]), for: preprocessing, reader, pool, limits)
        }
        pictures = Array(pictures.prefix(needed))
        let heldOut = min(Self.heldOutCount, max(ModelRegistry.fewestHeldOutPictures, pictures.count / 5))
        return (Array(pictures.dropLast(heldOut).prefix(wanted)), Array(pictures.suffix(heldOut)))
    }

    private func prepare(
        _ paths: [String], for preprocessing: Preprocessing, _ reader: ImageDecoder, _ pool: ThreadPool,
        _ limits: DecodingLimits
    ) async throws -> [PreparedImage] {
        try await withThrowingTaskGroup(of: (Int, PreparedImage?).self) { group in
            for (index, path) in paths.enumerated() {
                group.addTask {
                    (
                        index,
                        try await pool.run { Self.read(path, for: preprocessing, reader, limits) }
                    )
                }
            }
            var found: [Int: PreparedImage] = [:]
            for try await (index, picture) in group { found[index] = picture }
            return paths.indices.compactMap { found[$0] }
        }
    }

    private static func read(
        _ path: String, for preprocessing: Preprocessing, _ reader: ImageDecoder, _ limits: DecodingLimits
    ) -> PreparedImage? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size <= limits.maximumByteCount,
            let bytes = FileManager.default.contents(atPath: path)
        else { return nil }
        return try? bytes.withUnsafeBytes { try reader.prepare($0, for: preprocessing, region: nil).prepared }
    }

    /// SplitMix64: the same numbers on every run.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}
