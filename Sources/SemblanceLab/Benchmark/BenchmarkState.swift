import Foundation
import SemblanceCore
import Synchronization

/// What was measured already, on disk: a file for each part of the matrix, named by all that it depends on.
///
/// A run that was interrupted, or in which something failed, goes on with what is missing; failures are not kept. Other
/// sets, options or weights have other names, so nothing stale is taken for a result. Calls block, for a moment.
struct BenchmarkState: Sendable {
    /// Raised when the same inputs would be measured in another way.
    private static let revision = 2
    private let folder: String
    private let kept = Counter()

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    /// Values that were there already, so far.
    var keptCount: Int { kept.count.withLock { $0 } }

    /// Makes the folder.
    /// - Throws: `StoreError` with `data-folder-not-writable`.
    init(folder: String) throws {
        self.folder = folder + "/state"
        do {
            try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        } catch {
            throw StoreError(.notWritable, "The folder '\(folder)' could not be made or written.", underlying: error)
        }
    }

    /// The value that was kept, or the one that `measure` gives, which is kept from now on.
    func value<Value: Codable>(
        _ kind: String, of inputs: [String], measure: () async throws -> Value
    ) async throws -> Value {
        let path = path(kind, inputs)
        if let data = FileManager.default.contents(atPath: path),
            let kept = try? JSONDecoder().decode(Value.self, from: data)
        {
            self.kept.count.withLock { $0 += 1 }
            return kept
        }
        let value = try await measure()
        do {
            try JSONEncoder().encode(value).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StoreError(.notWritable, "'\(path)' could not be written.", underlying: error)
        }
        return value
    }

    private func path(_ kind: String, _ inputs: [String]) -> String {
        let text = (["\(Self.revision)", kind] + inputs).joined(separator: "\u{0}")
        return "\(folder)/\(kind)-\(ContentHash(hashing: Array(text.utf8)).hexadecimal.prefix(16)).json"
    }
}

extension LabelledSet {
    /// Changes with its images' names, labels and files, and with what is relevant to what. Calls block.
    var fingerprint: String {
        var text = name
        for image in images {
            text += "\n\(image.id.text)\t\(image.path)\t\(image.role.rawValue)\t\(image.labels.joined(separator: "\t"))"
            var status = stat()
            if stat(image.path, &status) == 0 {
                text += "\t\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
            }
        }
        switch relevance {
        case .sharedLabel: text += "\nlabel"
        case .sharedLabelCount: text += "\nlabels"
        case .judgements(let judgements):
            for query in judgements.queries {
                let grades = judgements.grades(for: query).sorted { $0.key < $1.key }
                text += "\n\(query): " + grades.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            }
        }
        return ContentHash(hashing: Array(text.utf8)).hexadecimal
    }
}
