import Foundation
import SemblanceCore
import Synchronization

/// A catalogue's images out of a backup, in the order in which they were written. Calls block; one thread at a time.
///
/// `@unchecked`: `input` and `vectors` are guarded by `turn`.
final class ArchivePages: @unchecked Sendable {
    private let input: ArchiveInput
    private let vectors: ArchiveInput
    private let versions: [ModelVersion]
    private let turn = Mutex(())
    private let decoder = JSONDecoder()

    init(_ entry: ArchiveManifest.Catalogue, folder: String) throws {
        input = try ArchiveInput(path: folder + "/" + entry.images.path)
        vectors = try ArchiveInput(path: folder + "/" + entry.vectors.path)
        versions = entry.versions.map { ModelVersion(modelID: $0.model, digest: $0.digest, dimension: $0.dimension) }
    }

    /// Empty at the end.
    func next(_ count: Int) throws -> [ImageRecord] {
        try turn.withLock { _ in
            var records: [ImageRecord] = []
            while records.count < count, let line = try nextLine() {
                var embeddings: [(model: ModelVersion, embedding: Embedding)] = []
                for number in line.versions {
                    guard versions.indices.contains(number) else {
                        throw ArchiveInput.damaged(input.path, "names an unknown model")
                    }
                    let model = versions[number]
                    embeddings.append((model, Embedding(unit: try vectors.floats(model.dimension))))
                }
                records.append(try line.record(embeddings: embeddings))
            }
            return records
        }
    }

    /// Hashes of stored originals among the next lines; `nil` at the end.
    func nextHashes(_ count: Int) throws -> [ContentHash]? {
        try turn.withLock { _ in
            var (hashes, read): ([ContentHash], Int) = ([], 0)
            while read < count, let line = try nextLine() {
                read += 1
                if line.path == nil { hashes.append(line.hash) }
            }
            return read == 0 ? nil : hashes
        }
    }

    private func nextLine() throws -> ArchiveLine? {
        guard let line = try input.nextLine() else { return nil }
        do {
            return try decoder.decode(ArchiveLine.self, from: Data(line))
        } catch {
            throw ArchiveInput.damaged(input.path, "has a line that cannot be read")
        }
    }
}

/// Names that closures gather.
final class Collected: Sendable {
    private let names = Mutex<[String]>([])

    var values: [String] { names.withLock { $0 } }

    func append(_ more: [String]) { names.withLock { $0 += more } }
}
