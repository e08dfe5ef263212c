import CVectorKernels
import Foundation
import SemblanceCore

/// The folder of one embedding space: its generations, of which the newest whole one counts.
struct GenerationFolder {
    let path: String
    let layout: RowLayout
    /// Checksum of the model version's digest.
    let model: UInt32

    init(_ path: String, model version: ModelVersion) {
        self.path = path
        layout = RowLayout(dimension: version.dimension)
        let digest = Array(version.digest.utf8)
        model = cvk_crc32c(0, digest, digest.count)
    }

    /// Opens the newest generation that can be read; `nil` if there is none.
    func openNewest(_ access: LocalVectorIndexes.Access) -> Generation? {
        for number in numbers().reversed() {
            if let generation = try? Generation.open(folder(number), layout: layout, model: model, access: access) {
                return generation
            }
        }
        return nil
    }

    /// Makes the next generation without rows and under its final name.
    func createNext() throws -> Generation {
        try install(createDraft())
    }

    /// Makes the next generation under a name that opening ignores.
    func createDraft() throws -> Generation {
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let draft = folder(nextNumber()) + Self.draftEnding
        try? FileManager.default.removeItem(atPath: draft)
        return try Generation.create(draft, layout: layout, model: model)
    }

    /// Gives a draft its final name in one step.
    func install(_ draft: Generation) throws -> Generation {
        let final = String(draft.folder.dropLast(Self.draftEnding.count))
        guard rename(draft.folder, final) == 0 else { throw FileFailure.error(errno, "rename") }
        return Generation(folder: final, layout: layout, files: draft.files)
    }

    /// Deletes everything but one generation: older ones, damaged ones and drafts.
    func removeAll(except kept: Generation?) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for name in names where "\(path)/\(name)" != kept?.folder {
            try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    private static let prefix = "generation-"
    private static let draftEnding = ".draft"

    private func folder(_ number: Int) -> String {
        let digits = String(number)
        return "\(path)/\(Self.prefix)\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
    }

    private func nextNumber() -> Int { (numbers().last ?? 0) + 1 }

    /// Numbers of generations under their final names, ascending.
    private func numbers() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix(Self.prefix) }.compactMap { Int($0.dropFirst(Self.prefix.count)) }.sorted()
    }
}
