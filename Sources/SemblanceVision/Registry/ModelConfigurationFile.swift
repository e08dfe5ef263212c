import Foundation
import SemblanceCore

/// The user's `config/model_config.json`: an array of entries that add models, or change built-in ones.
///
/// The keys `model_id`, `model_type` (the family), `model_dim`, `model_path` and `model_subtype` (the variant) are those
/// of the original prototype; `sha256`, `licence`, `summary` and `preprocessing` are ours, and optional. An entry under
/// a known id changes only what it mentions. A bad entry is left out and named; the rest still counts.
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
        guard let data = FileManager.default.contents(atPath: path),
            case .array(let entries)? = try? JSONValue(parsing: data)
        else {
            warnings.append(ModelError(.invalidManifest, "'\(name)' is not a JSON array of models; it is ignored."))
            return
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        for (index, entry) in entries.enumerated() {
            do {
                try apply(ModelConfigurationEntry(entry, folder: folder))
            } catch {
                let id = entry["model_id"].flatMap {
                    if case .string(let id) = $0 { "'\(id.prefix(64))', " } else { nil }
                }
                warnings.append(
                    ModelError(
                        .invalidManifest,
                        "Entry \(index + 1) of '\(name)' (\(id ?? "")left out): \(error.message).", underlying: error))
            }
        }
    }

    private mutating func apply(_ entry: ModelConfigurationEntry) throws(ModelError) {
        let place = manifests.firstIndex { $0.modelID == entry.modelID }
        let manifest = try entry.manifest(changing: place.map { manifests[$0] })
        if let place {
            manifests[place] = manifest
        } else {
            manifests.append(manifest)
        }
    }
}
