import ArgumentParser
import SemblanceCore
import SemblanceLab

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two models on a set: by how much one is better, whether that is chance, and where.",
        discussion: """
            EXAMPLES
              semblance compare efficientnet-lite0 sscd-int8 pictures/
              semblance compare efficientnet-lite0 efficientnet-lite2 list.csv --html compared.html
            """)

    @Argument(help: "The first model.")
    var first: String

    @Argument(help: "The second model.")
    var second: String

    @Argument(help: "The set: a folder, a .csv or a .jsonl file.", completion: .file())
    var set: String

    @OptionGroup var setOptions: LabelledSetOptions
    @OptionGroup var measures: MeasureOptions
    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        let command = self
        let failedCount = try await semblance.run(report.common) { try await command.compare() }
        if failedCount > 0 { throw ExitCode.someFilesFailed }
    }

    /// - Returns: how many images could not be read.
    private func compare() async throws -> Int {
        try report.check(against: [SetName(set).path])
        let vision = try Vision.build(engineOptions.settings, for: report.common)
        let models = try [first, second].map { try vision.models.manifest(for: $0).modelID }
        let runner = EvaluationRunner(
            vision: vision, set: try await setOptions.read(set), options: measures.evaluator,
            showsProgress: !report.printsJSON)
        let outcomes = (try await runner.run(modelID: models[0]), try await runner.run(modelID: models[1]))
        let precisions = [outcomes.0.chosenPrecision, outcomes.1.chosenPrecision]
        let description = runner.description(
            setPath: set, optionWords: setOptions.words + measures.words,
            chosenPrecision: precisions[0] == precisions[1] ? precisions[0] : precisions.joined(separator: " and "),
            credit: measures.credit)
        let comparison = try EvaluationComparison(
            outcomes.0.evaluation, outcomes.1.evaluation, bootstrap: measures.evaluator.bootstrap,
            test: RandomisationTest(seed: measures.seed))
        let page = ComparisonReport(comparison, description, exampleCount: measures.pictureCount)
        let showsPictures = measures.pictureCount > 0
        let html =
            report.htmlPath == nil
            ? nil
            : try await EvaluationRunner.draw {
                try page.html(reader: showsPictures ? vision.reader : nil, limits: vision.configuration.limits)
            }
        try report.write(
            ComparisonDocument(comparison, description), html: html, text: ComparisonTable(comparison).text)
        return max(
            outcomes.0.evaluation.issues.count(of: .brokenImage), outcomes.1.evaluation.issues.count(of: .brokenImage))
    }
}
