import ArgumentParser
import SemblanceLab

/// Options of commands that measure rankings.
struct MeasureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where rankings are cut off; several with commas, such as 1,5,10.", valueName: "k"),
        transform: Self.cutoffs)
    var k = [10]

    @Option(
        help: ArgumentHelp(
            "Only these measures, such as mAP,P@5,nDCG; see docs/metrics.md for all.", valueName: "keys"),
        transform: Self.metrics)
    var metrics: [Metric]?

    @Option(help: ArgumentHelp("Seed of the bootstrap's resampling.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .customLong("pictures"),
        help: ArgumentHelp("Example queries of each kind in the HTML report; 0 leaves pictures out.", valueName: "n"))
    var pictureCount = 8

    @Option(help: ArgumentHelp("Who made the pictures, for the foot of the HTML report.", valueName: "words"))
    var credit = ""

    func validate() throws {
        guard (0...100).contains(pictureCount) else { throw ValidationError("--pictures is 0 to 100.") }
    }

    var evaluator: Evaluator.Options {
        Evaluator.Options(metrics: metrics ?? Metric.standard(at: k), bootstrap: Bootstrap(seed: seed))
    }

    /// The options that were given, as on the command line.
    var words: [String] {
        var words: [String] = []
        if k != [10] { words += ["--k", k.map(String.init).joined(separator: ",")] }
        if let metrics { words += ["--metrics", metrics.map(\.key).joined(separator: ",")] }
        return words
    }

    private static func cutoffs(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map {
            guard let k = Int($0), (1...1_000_000).contains(k) else {
                throw ValidationError("--k is a number from 1 to 1000000, or several with commas; '\($0)' is none.")
            }
            return k
        }
    }

    private static func metrics(_ text: String) throws -> [Metric] {
        do throws(LabError) {
            var metrics: [Metric] = []
            for key in text.split(separator: ",", omittingEmptySubsequences: false) {
                let metric = try Metric(key: String(key))
                if !metrics.contains(metric) { metrics.append(metric) }
            }
            return metrics
        } catch {
            throw ValidationError(error.message)
        }
    }
}
