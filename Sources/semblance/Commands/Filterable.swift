import ArgumentParser
import SemblanceCore
import SemblanceEngine

struct Filterable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or declare the metadata keys that a catalogue's searches filter by.",
        discussion: """
            A record of the keys that matter; filters take any key, and are exact and as quick on others. The keys that \
            are given replace those that were declared. While 'serve' runs, its API does this: PATCH /v1/catalogues/NAME.

            EXAMPLES
              semblance filterable                                   show them
              semblance filterable price maker.country -c products
              semblance filterable --none -c products
            """)

    @Argument(help: "Keys; of nested objects joined by dots.")
    var keys: [String] = []

    @Option(name: [.long, .customShort("c")], help: "The catalogue's name.")
    var catalogue = Catalogue.defaultName

    @Flag(help: "Declare no key any more.")
    var none = false

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard !none || keys.isEmpty else { throw ValidationError("Name keys, or give --none.") }
    }

    func run() async throws {
        let command = self
        try await semblance.run(options) {
            let changes = command.none || !command.keys.isEmpty
            let app = try await App.build(command.options, access: changes ? .write : .read)
            let catalogue =
                changes
                ? try await app.engine.setFilterableKeys(command.keys, ofCatalogue: command.catalogue)
                : try await app.engine.catalogue(named: command.catalogue)
            let keys = catalogue.filterableKeys
            Console(command.options).print(
                ["catalogue": .string(catalogue.name), "filterable_keys": .array(keys.map { .string($0) })],
                text: keys.isEmpty
                    ? "catalogue '\(catalogue.name)' declares no filterable keys" : keys.joined(separator: "\n"))
        }
    }
}
