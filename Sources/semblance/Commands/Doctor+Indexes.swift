import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceStore
import SemblanceVision

extension Doctor {
    /// Reads the vectors of every catalogue in its own model. What rotted on the disk is fetched anew from the database,
    /// by this process if it gets the data folder. (Codes that rotted are mended whenever an index is opened.)
    func examineIndexes() async -> [Finding] {
        do {
            let folder = try options.makeDataFolder()
            guard FileManager.default.fileExists(atPath: folder.databasePath) else { return [] }
            let lock = try? folder.lock()
            let store = SQLiteCatalogueStore(
                database: try await SQLiteDatabase.open(path: folder.databasePath, role: .reader))
            let indexes = LocalVectorIndexes(
                folder: folder.indexesPath, source: store, filters: store,
                access: lock == nil ? .readOnly : .readWrite)
            let models = try Vision.build(for: options).models
            var findings: [Finding] = []
            for catalogue in try await store.catalogues() {
                findings.append(await examine(catalogue, indexes, models, isMended: lock != nil))
            }
            return withExtendedLifetime(lock) { findings }
        } catch {
            // The database, or the model, has a finding of its own.
            return []
        }
    }

    private func examine(
        _ catalogue: Catalogue, _ indexes: LocalVectorIndexes, _ models: ModelRegistry, isMended: Bool
    ) async -> Finding {
        let subject = "index of '\(catalogue.name)'"
        do {
            let version = try await models.embedder(for: catalogue.modelID).version
            let index = try await indexes.localIndex(for: EmbeddingSpace(catalogueID: catalogue.id, model: version))
            let check = try await index.check()
            guard check.damagedCount > 0 else {
                return Finding(.fine, subject, "\(check.liveCount) vectors are in order")
            }
            let found = "\(check.damagedCount) of \(check.liveCount) vectors were damaged on the disk"
            return isMended
                ? Finding(.weak, subject, found + "; they have been made again", remedy: "Check the disk.")
                : Finding(
                    .broken, subject, found,
                    remedy: "Stop the process that has the data folder and run semblance doctor again: it mends them.")
        } catch {
            return Finding(.broken, subject, "\(error)")
        }
    }
}
