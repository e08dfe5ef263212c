import Foundation
import SemblanceCore
import Synchronization

/// The models that `semblance models add` put into one data folder.
///
/// Each has a folder, `<data>/models/<id>`, with an `entry.json` and, in a folder named after the weights' hash, the
/// files. An entry names its files' folder and is replaced by one rename, so that a reader beside a writer sees the old
/// model or the new one.
package final class AddedModels: Sendable {
    /// `<data>/models`: an absolute path. It may be missing.
    package let folder: String
    private let known = Mutex<Listing>(Listing())

    /// What was read, and what the folder looked like then.
    private struct Listing {
        var stamps: [String: Stamp] = [:]
        var manifests: [ModelManifest] = []
        var warnings: [ModelError] = []
    }

    /// Changes whenever an entry is replaced.
    private struct Stamp: Hashable {
        let inode: UInt64
        let seconds: Int
        let nanoseconds: Int
    }

    package init(folder: String) {
        self.folder = folder
    }

    /// The models as they are now, by id: another process may have added one since the last call.
    package var manifests: [ModelManifest] { listing().manifests }

    /// One for each entry that cannot be read.
    package var warnings: [ModelError] { listing().warnings }

    /// Where a model's files are.
    func path(of modelID: String) -> String { "\(folder)/\(modelID)" }

    /// Whether there is a folder for the model, whatever is in it.
    func has(_ modelID: String) -> Bool {
        ModelManifest.isValid(modelID: modelID) && FileManager.default.fileExists(atPath: path(of: modelID))
    }

    private func listing() -> Listing {
        let stamps = stamps()
        return known.withLock { known in
            if known.stamps != stamps { known = read(stamps) }
            return known
        }
    }

    /// A look at the folder costs tens of microseconds; a data folder has a handful of models.
    private func stamps() -> [String: Stamp] {
        var stamps: [String: Stamp] = [:]
        for id in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where ModelManifest.isValid(modelID: id) {
            var status = stat()
            guard stat("\(folder)/\(id)/entry.json", &status) == 0 else { continue }
            stamps[id] = Stamp(
                inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        }
        return stamps
    }

    private func read(_ stamps: [String: Stamp]) -> Listing {
        var listing = Listing(stamps: stamps)
        for id in stamps.keys.sorted() {
            do {
                let entry = try AddedModelEntry(readingFrom: path(of: id), id: id)
                listing.manifests.append(entry.manifest(in: path(of: id)))
            } catch {
                listing.warnings.append(error)
            }
        }
        return listing
    }
}
