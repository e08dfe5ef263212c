import Foundation
import SemblanceCore

/// The list of an upload's spool files: one `SpooledUpload` as JSON a line, so that neither the upload's handler nor
/// ingestion holds all of it in memory.
public struct SpoolList: Sendable {
    private let contents: Data

    /// - Throws: `StoreError` with `file-missing`, or `data-folder-unavailable` where its folder is away.
    public init(path: String) throws {
        do {
            contents = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            guard try FileBytes.isGoneFromSpool(path) else { throw StoreError.folderUnavailable(underlying: error) }
            throw StoreError(.fileMissing, "The list of uploaded files is gone; upload them again.", underlying: error)
        }
    }

    /// The uploads, in the order they came. A line cut off by a crash is left out.
    public func uploads() -> some Sequence<SpooledUpload> {
        let decoder = JSONDecoder()
        return lines().lazy.compactMap { try? decoder.decode(SpooledUpload.self, from: $0) }
    }

    private func lines() -> some Sequence<Data> {
        sequence(state: contents) { rest -> Data? in
            guard !rest.isEmpty else { return nil }
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = rest[..<end]
            rest = rest[min(end + 1, rest.endIndex)...]
            return line
        }
    }

    /// One line of a list.
    public static func line(for upload: SpooledUpload) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return Array(try encoder.encode(upload)) + [UInt8(ascii: "\n")]
    }
}
