import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceLab

struct MakeDemoSets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Make labelled sets out of the demo pictures that 'make demo' gets.",
        discussion: """
            Writes stamps.jsonl (Tux Paint's stamps by topic), furniture.jsonl (Sweet Home 3D's furniture by category) and \
            furniture-kinds.jsonl (the same by what it is) beside the pictures.

            EXAMPLES
              semblance dataset demo .deps/demo
              semblance evaluate .deps/demo/stamps.jsonl --html stamps.html
            """)

    @Argument(help: "The folder of demo pictures, which holds metadata.jsonl.", completion: .directory)
    var folder: String

    @Option(
        name: .customLong("least"),
        help: ArgumentHelp("Leave classes with fewer pictures out; 2 or more.", valueName: "n"))
    var leastCount = 4

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard (2...1_000_000).contains(leastCount) else { throw ValidationError("--least is 2 or more.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) { try await command.make() }
    }

    private func make() async throws {
        let (folder, leastCount) = (self.folder, self.leastCount)
        let lists = try await ThreadPool.once("set") {
            let lists = try DemoSets.lists(in: folder, leastCount: leastCount)
            for list in lists { try Self.write(list, in: folder) }
            return lists
        }
        Console(options).printList(
            lists, named: "sets", header: ["SET", "PICTURES", "CLASSES"],
            row: { ["\(folder)/\($0.name).jsonl", "\($0.entries.count)", "\($0.classCount)"] },
            json: {
                [
                    "path": .string("\(folder)/\($0.name).jsonl"), "images": .number(Double($0.entries.count)),
                    "classes": .number(Double($0.classCount)),
                ]
            }, emptyText: "No sets.")
    }

    private static func write(_ list: DemoSets.List, in folder: String) throws {
        let path = "\(folder)/\(list.name).jsonl"
        do {
            try Data(list.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.notWritable, "'\(path)' could not be written.", underlying: error)
        }
    }
}
