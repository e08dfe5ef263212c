import Foundation
import SemblanceCore

/// The user's `config/model_config.json`: an array of entries that add models, or change built-in ones.
///
/// The keys `model_id`, `model_type` (the family), `model_dim`, `model_path` and `model_subtype` (the variant) are those
/// of the original prototype; the others are ours, and optional. An entry under a known id, or another name of it,
/// changes only what it mentions. A bad entry is left out and named with its line; the rest still counts.
struct ModelConfigurationFile {
    private(set) var manifests: [ModelManifest]
    /// One for each bad entry, or for a file that is not JSON.
    private(set) var warnings: [ModelError] = []

    /// - Parameters:
    ///   - path: a file that may be missing; relative paths in it start at its folder.
    ///   - known: the models to begin with.
    init(path: String, changing known: [ModelManifest]) {
        manifests = known
        guard FileManager.default.fileExists(atPath: path) else { return }
        let name = URL(fileURLWithPath: path).lastPathComponent
        let list: JSONFileList
        do {
            list = try JSONFileList(parsing: FileManager.default.contents(atPath: path) ?? Data())
        } catch {
            let fault = (error as? RequestError)?.message ?? "it cannot be read"
            warnings.append(
                ModelError(.invalidManifest, "'\(name)' is not a JSON array of models (\(fault)); it is ignored."))
            return
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        for (index, element) in list.elements.enumerated() {
            do {
                try apply(ModelConfigurationEntry(element.value, folder: folder))
            } catch {
                warnings.append(Self.warning(error, entry: index + 1, element, file: name))
            }
        }
    }

    private static func warning(
        _ error: ModelError, entry number: Int, _ element: JSONFileList.Element, file name: String
    ) -> ModelError {
        var id = ""
        if case .string(let text)? = element.value["model_id"] { id = "'\(text.prefix(64))', " }
        return ModelError(
            .invalidManifest,
            "Entry \(number) of '\(name)', line \(element.line) (\(id)left out): \(error.message).", underlying: error)
    }

    private mutating func apply(_ entry: ModelConfigurationEntry) throws(ModelError) {
        let place =
            manifests.firstIndex { $0.modelID == entry.modelID }
            ?? manifests.firstIndex { $0.names.contains(entry.modelID) }
        let manifest = try entry.manifest(changing: place.map { manifests[$0] })
        try checkNames(of: manifest, except: place)
        if let place {
            manifests[place] = manifest
        } else {
            manifests.append(manifest)
        }
    }

    /// A name means one model: the first entry that has it.
    private func checkNames(of manifest: ModelManifest, except place: Int?) throws(ModelError) {
        for (index, other) in manifests.enumerated() where index != place {
            let taken = Set([other.modelID] + other.names)
            if let name = ([manifest.modelID] + manifest.names).first(where: taken.contains) {
                throw ModelError(.invalidManifest, "the name '\(name)' belongs to '\(other.modelID)'")
            }
        }
    }
}
