import ArgumentParser

/// Measures single parts, each alone on one thread. `bench.py` beside it measures the whole program and calls this.
@main
struct SemblanceBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "semblance-bench",
        abstract: "Measures decoding, inference, importing models, the index and the job queue; prints JSON.",
        subcommands: [
            DecodeBenchmark.self, InferenceBenchmark.self, IndexBenchmark.self, ImportBenchmark.self,
            GraphBenchmark.self, SeedCatalogue.self, StoreBenchmark.self, QueueBenchmark.self, PgvectorBenchmark.self,
        ])
}
