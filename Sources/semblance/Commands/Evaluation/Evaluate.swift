import ArgumentParser
import SemblanceCore
import SemblanceLab

struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how well a model finds what it should, in a set whose answers are known.",
        discussion: """
            A set is a folder with a folder for each class, a CSV file (image,label) or JSON lines ({"image": …, "label": \
            …}), or any of these with judgements. Each image is looked for among all others, unless the set says which are \
            queries. Embeddings are kept, so that the next run is quick and an interrupted one goes on where it was.

            EXAMPLES
              semblance evaluate pictures/                          a folder for each class
              semblance evaluate list.csv --model sscd-int8 --html report.html --json results.json
              semblance evaluate .deps/demo/metadata.jsonl --prefix furniture/ --label-field metadata.category
            """)

    @Argument(help: "The set: a folder, a .csv or a .jsonl file.", completion: .file())
    var set: String

    @Option(name: [.long, .customShort("m")], help: "The model; by default the registry's.")
    var model: String?

    @Flag(name: .customLong("per-query"), help: "List every query's values and nearest images in the JSON.")
    var listsQueries = false

    @OptionGroup var setOptions: LabelledSetOptions
    @OptionGroup var measures: MeasureOptions
    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        let command = self
        let failedCount = try await semblance.run(report.common) { try await command.evaluate() }
        if failedCount > 0 { throw ExitCode.someFilesFailed }
    }

    /// - Returns: how many images could not be read.
    private func evaluate() async throws -> Int {
        try report.check(against: [SetName(set).path])
        let vision = try Vision.build(engineOptions.settings, for: report.common)
        // First: an unknown model is told before a large set is read.
        let modelID = try vision.models.manifest(for: model ?? vision.models.defaultModelID).modelID
        let runner = EvaluationRunner(
            vision: vision, set: try await setOptions.read(set), options: measures.evaluator,
            showsProgress: !report.printsJSON)
        let outcome = try await runner.run(modelID: modelID)
        let description = runner.description(
            setPath: set, optionWords: setOptions.words + measures.words, chosenPrecision: outcome.chosenPrecision,
            credit: measures.credit)
        let evaluation = outcome.evaluation
        let page = EvaluationReport(evaluation, description, exampleCount: measures.pictureCount)
        let showsPictures = measures.pictureCount > 0
        let html =
            report.htmlPath == nil
            ? nil
            : try await EvaluationRunner.draw {
                try page.html(reader: showsPictures ? vision.reader : nil, limits: vision.configuration.limits)
            }
        try report.write(
            EvaluationDocument(evaluation, description, listsQueries: listsQueries), html: html,
            text: EvaluationTable(evaluation, description).text)
        return evaluation.issues.count(of: .brokenImage)
    }
}
