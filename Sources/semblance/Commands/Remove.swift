import ArgumentParser
import SemblanceCore
import SemblanceEngine

struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove images from a catalogue, or a whole catalogue.",
        discussion: """
            Originals that were left in place are never deleted.

            EXAMPLES
              semblance remove 3b1f… --catalogue demo      images, by the ids that 'list --json' shows
              semblance remove --catalogue demo --all      the catalogue and everything in it
            """)

    @Argument(help: "Images' ids; 8 or more leading digits are enough.")
    var ids: [String] = []

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name.")
    var catalogue = Catalogue.defaultName

    @Flag(name: .customLong("all"), help: "Remove the catalogue itself.")
    var removesAll = false

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard removesAll != !ids.isEmpty else { throw ValidationError("Name images, or give --all.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let app = try await App.build(command.options, access: .write)
            let removed = try await command.remove(app.engine)
            Console(command.options).print(
                ["catalogue": .string(command.catalogue), "removed": .number(Double(removed))],
                text: "\(removed) removed from '\(command.catalogue)'.")
        }
    }

    private func remove(_ engine: Engine) async throws -> Int {
        if removesAll {
            let count = try await engine.statistics(ofCatalogue: catalogue).imageCount
            try await engine.deleteCatalogue(named: catalogue)
            return count
        }
        // All of them are looked up before the first is removed.
        var whole: [String] = []
        for id in ids { whole.append(try await engine.wholeID(id, inCatalogue: catalogue)) }
        for id in whole { try await engine.deleteImage(id, inCatalogue: catalogue) }
        return whole.count
    }
}
