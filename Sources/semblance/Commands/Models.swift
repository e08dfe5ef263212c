import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceVision

struct Models: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See models and get their weights.",
        subcommands: [ListModels.self, PullModel.self, ShowModel.self], defaultSubcommand: ListModels.self)
}

struct ListModels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List every model that is known.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let models = try Vision.build().models
            var table = Table(["MODEL", "DIMENSION", "SIZE", "LICENCE", "WEIGHTS", "WHAT IT IS"])
            for model in models.models() {
                table.append([
                    model.modelID + (model.isDefault ? " *" : ""), "\(model.dimension)",
                    model.byteCount?.bytesText ?? "?", model.licence, model.state == .missing ? "not here" : "here",
                    model.summary,
                ])
            }
            Console(command.options).print(
                ["models": .array(models.models().map(\.commandLineJSON)), "default": .string(models.defaultModelID)],
                text: table.text)
        }
    }
}

struct PullModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Get a model's weights.",
        discussion: "Weights come out of a package of the Python package index, by pip, and are checked by SHA-256.")

    @Argument(help: "The model's id.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let models = try Vision.build().models
            try await models.pull(command.id) { step in
                if !command.options.printsJSON { Console.note("\(command.id): \(step)") }
            }
            let path = try models.weightsPath(for: command.id) ?? ""
            Console(command.options).print(
                ["model": .string(command.id), "path": .string(path)], text: "\(command.id) is ready: \(path)")
        }
    }
}

struct ShowModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a model: licence, source, hashes and preprocessing.")

    @Argument(help: "The model's id.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let models = try Vision.build().models
            let manifest = try models.manifest(for: command.id)
            let json = manifest.commandLineJSON(path: try models.weightsPath(for: command.id))
            Console(command.options).print(json, text: json.indented)
        }
    }
}

extension ModelDescription {
    var commandLineJSON: JSONValue {
        [
            "id": .string(modelID), "family": .string(family), "dimension": .number(Double(dimension)),
            "licence": .string(licence), "bytes": byteCount.map { .number(Double($0)) } ?? .null,
            "summary": .string(summary), "state": .string(state.rawValue), "default": .bool(isDefault),
        ]
    }
}

extension ModelManifest {
    func commandLineJSON(path: String?) -> JSONValue {
        let source: JSONValue =
            switch self.source {
            case .pythonPackage(let package):
                [
                    "package": .string("\(package.name)==\(package.version)"), "file": .string(package.file),
                    "package_sha256": .string(package.wheelHash.hexadecimal),
                ]
            case .hub(let file): ["url": .string(file.url)]
            case .file(let path): ["path": .string(path)]
            case .published(let name): ["name": name.map(JSONValue.string) ?? .null]
            }
        return [
            "id": .string(modelID), "family": .string(family), "dimension": .number(Double(dimension)),
            "licence": .string(licence), "summary": .string(summary), "source": source,
            "sha256": fileHash.map { .string($0.hexadecimal) } ?? .null, "path": path.map(JSONValue.string) ?? .null,
            "preprocessing": preprocessing.commandLineJSON,
        ]
    }
}

extension Preprocessing {
    fileprivate var commandLineJSON: JSONValue {
        [
            "size": .number(Double(size)), "fit": .string(fit.rawValue),
            "resize_to": resizeTo.map { .number(Double($0)) } ?? .null, "filter": .string(filter.rawValue),
            "channels": .string(channels.rawValue), "mean": .array(mean.map { .number(Double($0)) }),
            "deviation": .array(deviation.map { .number(Double($0)) }),
        ]
    }
}

extension JSONValue {
    /// One member a line, for people.
    fileprivate var indented: String { lines(depth: 0).joined(separator: "\n") }

    private func lines(depth: Int) -> [String] {
        guard case .object(let members) = self else { return [text] }
        let margin = String(repeating: "  ", count: depth)
        return members.sorted { $0.key < $1.key }.flatMap { key, value -> [String] in
            if case .object = value { return ["\(margin)\(key):"] + value.lines(depth: depth + 1) }
            if case .string(let string) = value { return ["\(margin)\(key): \(string)"] }
            return ["\(margin)\(key): \(value.text)"]
        }
    }
}
