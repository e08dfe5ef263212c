import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceVision

struct QuantizeModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize", abstract: "Make an 8-bit model of a float one: smaller and quicker, nearly the same.",
        discussion: """
            NNCF does it, in a private Python that is made in the cache folder on first use (about 250 MB to download, \
            530 MB on disk; it sends nothing about its use). It needs pictures like those that will be searched: those of \
            a folder, or of the catalogues. Some are held out, and both models embed them: size, speed and the cosine of \
            the two are printed. Using the new model needs no Python.

            EXAMPLES
              semblance models quantize efficientnet-lite0
              semblance models quantize resnet50 --calibration ~/Pictures --count 500
            """)

    @Argument(help: "The model's id.")
    var id: String

    @Option(
        help: ArgumentHelp("Pictures to calibrate with; by default the catalogue's.", valueName: "folder"),
        completion: .directory)
    var calibration: String?

    @Option(name: [.long, .customShort("c")], help: "The catalogue whose pictures are used; by default all.")
    var catalogue: String?

    @Option(help: "Pictures to calibrate with, at most.")
    var count = 300

    @Option(name: .customLong("id"), help: "The new model's id; by default the id with -int8 behind it.")
    var newID: String?

    @Flag(name: .customLong("replace"), help: "Let it take the place of another added model of this id.")
    var isReplacing = false

    @OptionGroup var engineOptions: EngineOptions
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard (ModelRegistry.fewestCalibrationPictures...10_000).contains(count) else {
            throw ValidationError("--count is \(ModelRegistry.fewestCalibrationPictures) to 10,000.")
        }
        guard calibration == nil || catalogue == nil else {
            throw ValidationError("Name a folder with --calibration or a catalogue, not both.")
        }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) { try await command.quantise() }
    }

    private func quantise() async throws {
        let app = try await App.build(options, engineOptions.settings, access: .read)
        let manifest = try app.models.manifest(for: id)
        let paths = try await candidatePaths(app)
        let pictures = CalibrationPictures(paths: paths, wanted: count)
        let (calibrating, heldOut) = try await pictures.prepared(
            for: manifest.preprocessing, limits: engineOptions.settings.limits)
        let steps = StepPrinter(name: manifest.modelID, isShown: !options.printsJSON)
        let (model, comparison) = try await app.models.quantise(
            manifest.modelID, pictures: calibrating, heldOut: heldOut, as: newID, isReplacing: isReplacing
        ) { steps.print($0) }
        Console(options).print(
            comparison.json(of: model, base: manifest, calibratedWith: calibrating.count),
            text: comparison.text(of: model, base: manifest, calibratedWith: calibrating.count))
    }

    private func candidatePaths(_ app: App) async throws -> [String] {
        if let calibration { return try Self.files(below: calibration) }
        let names =
            if let catalogue { [try await app.engine.catalogue(named: catalogue).name] } else {
                try await app.engine.catalogues().map(\.name)
            }
        var paths: [String] = []
        for name in names {
            var cursor: CatalogueImage.ID?
            repeat {
                try Task.checkCancellation()
                let page = try await app.engine.images(
                    inCatalogue: name, matching: nil, after: cursor, limit: Engine.maximumPageSize)
                paths += page.images.compactMap { try? app.engine.originalPath(of: $0) }
                cursor = page.next
            } while cursor != nil
        }
        return paths
    }

    /// Files that cannot be read are left out like those that are no pictures; a folder without any is an error.
    private static func files(below folder: String) throws -> [String] {
        let walker = FolderWalker(paths: [folder])
        var paths: [String] = []
        var failure: FileFailure?
        while let entry = walker.next() {
            switch entry {
            case .file(let found): paths.append(found.file.path)
            case .failure(let found): failure = failure ?? found
            }
        }
        if paths.isEmpty, let failure {
            throw ImageError(.unreadable, "\(failure.path): \(failure.message)")
        }
        return paths
    }
}

/// Prints each kind of step once; the count of pictures on one line where that can be.
private final class StepPrinter: Sendable {
    private let name: String
    private let isShown: Bool

    init(name: String, isShown: Bool) {
        self.name = name
        self.isShown = isShown
    }

    func print(_ step: QuantisationStep) {
        guard isShown else { return }
        guard case .calibrating(let count, let total) = step else { return Console.note("\(name): \(step)") }
        if Console.isInteractive {
            Console.write("\r\u{1B}[K\(name): \(step)" + (count == total ? "\n" : ""), to: STDERR_FILENO)
        } else if count == total || count.isMultiple(of: 50) {
            Console.note("\(name): \(step)")
        }
    }
}

extension QuantisationComparison {
    fileprivate func text(of model: ModelManifest, base: ModelManifest, calibratedWith count: Int) -> String {
        var table = Table(["", base.modelID, model.modelID])
        table.append(["size", baseByteCount.bytesText, byteCount.bytesText])
        table.append(["images a second", baseRate.text(decimals: 1), rate.text(decimals: 1)])
        return table.text + "\n" + """
            cosine of the two on \(heldOutCount) other pictures: mean \(meanCosine.text(decimals: 4)), \
            smallest \(smallestCosine.text(decimals: 4))
            \(model.modelID) is ready, calibrated with \(count) pictures: semblance index … --model \(model.modelID)
            """
    }

    fileprivate func json(of model: ModelManifest, base: ModelManifest, calibratedWith count: Int) -> JSONValue {
        [
            "model": .string(model.modelID), "base": .string(base.modelID), "calibrated_with": .number(Double(count)),
            "held_out": .number(Double(heldOutCount)),
            "bytes": ["base": .number(Double(baseByteCount)), "int8": .number(Double(byteCount))],
            "images_per_second": ["base": .number(baseRate), "int8": .number(rate)],
            "cosine": ["mean": .number(meanCosine), "smallest": .number(smallestCosine)],
        ]
    }
}
