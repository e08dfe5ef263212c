import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceVision

/// File bytes in memory → the model's input, on one thread.
struct DecodeBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "decode")

    @Argument(help: "Images; each is decoded in turn.")
    var images: [String]

    @Option(help: "Passes over all of them.")
    var passes = 5

    @Option(help: "The model's input size.")
    var size = 224

    func run() throws {
        let decoder = ImageDecoder()
        let preprocessing = Preprocessing(
            size: size, fit: .pad, mean: [127, 127, 127], deviation: [128, 128, 128])
        let files = try images.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        var milliseconds: [Double] = []
        for pass in 0...passes {
            for file in files {
                let start = threadSeconds()
                _ = try file.withUnsafeBytes { try decoder.prepare($0, for: preprocessing, region: nil) }
                // The first pass warms caches up.
                if pass > 0 { milliseconds.append((threadSeconds() - start) * 1000) }
            }
        }
        print(JSONValue.object(["core_ms": Samples(milliseconds).json]).text)
    }
}
