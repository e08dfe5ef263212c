import Foundation
import SemblanceCore

/// An 8-bit model beside the one that it was made from.
public struct QuantisationComparison: Hashable, Sendable {
    /// Bytes of weights.
    public let baseByteCount: Int64
    public let byteCount: Int64
    /// Images a second, both in the same minute, by turns.
    public let baseRate: Double
    public let rate: Double
    /// Cosine similarity of the two embeddings of pictures that calibration did not see.
    public let meanCosine: Double
    public let smallestCosine: Double
    public let heldOutCount: Int

    init(
        base: OpenVINOEmbedder, baseByteCount: Int64, quantised: OpenVINOEmbedder, byteCount: Int64,
        heldOut: [PreparedImage]
    ) throws {
        let cosines = try zip(base.embed(heldOut), quantised.embed(heldOut)).map { Double($0.score(with: $1)) }
        self.baseByteCount = baseByteCount
        self.byteCount = byteCount
        meanCosine = cosines.reduce(0, +) / Double(cosines.count)
        smallestCosine = cosines.min() ?? 0
        heldOutCount = heldOut.count
        (baseRate, rate) = try Self.rates(base, quantised, of: heldOut)
    }

    /// By turns, so that whatever else the machine does meets both; the median of the rounds.
    private static func rates(
        _ base: OpenVINOEmbedder, _ quantised: OpenVINOEmbedder, of pictures: [PreparedImage]
    ) throws -> (Double, Double) {
        let wanted = 8 * base.preferredBatchSize
        let images = (0..<wanted).map { pictures[$0 % pictures.count] }
        var seconds: (base: [Double], quantised: [Double]) = ([], [])
        for _ in 0..<7 {
            seconds.base.append(try time { _ = try base.embed(images) })
            seconds.quantised.append(try time { _ = try quantised.embed(images) })
        }
        func rate(_ rounds: [Double]) -> Double { Double(wanted) / rounds.sorted()[rounds.count / 2] }
        return (rate(seconds.base), rate(seconds.quantised))
    }

    private static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
