import Foundation
import SemblanceCore

/// One catalogue on its way into a backup. `append` and `finish` block; one thread at a time calls them.
///
/// `@unchecked`: everything that changes is in `state`, guarded by `lock`.
final class CatalogueWriting: @unchecked Sendable {
    private struct State {
        let images: ArchiveOutput
        let vectors: ArchiveOutput
        var versions: [ModelVersion] = []
        var imageCount = 0
        var originalCount = 0
        var leftOut: [FileFailure] = []
    }

    private let catalogue: TransferredCatalogue
    private let stem: String
    private let folder: String
    private let source: StoreSource
    private let lock = NSLock()
    private let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
    private var state: State

    /// - Parameter stem: of the names of its parts, relative to the backup's folder.
    init(_ catalogue: TransferredCatalogue, stem: String, folder: String, source: StoreSource) throws {
        self.catalogue = catalogue
        self.stem = stem
        self.folder = folder
        self.source = source
        state = State(
            images: try ArchiveOutput(path: "\(folder)/\(stem).jsonl"),
            vectors: try ArchiveOutput(path: "\(folder)/\(stem).vectors"))
    }

    var leftOut: [FileFailure] { lock.withLock { state.leftOut } }

    /// - Returns: images whose original could not be copied, which were left out.
    func append(_ records: [ImageRecord]) throws -> [(ImageRecord, ImageError)] {
        try lock.withLock {
            var gone: [(ImageRecord, ImageError)] = []
            for record in records {
                do {
                    if record.isStored { try copyOriginal(of: record.image) }
                    try write(record)
                } catch let error as ImageError {
                    gone.append((record, error))
                }
            }
            return gone
        }
    }

    /// Names images that were left out, but for those that were deleted while the backup ran.
    func leaveOut(_ gone: [(ImageRecord, ImageError)]) async throws {
        for (record, error) in gone where try await source.isPresent(record.image) {
            let failure = FileFailure(
                path: record.image.hash.hexadecimal, code: error.publicCode,
                message: "'\(record.image.name)' in catalogue '\(catalogue.name)': \(error.message)")
            lock.withLock { state.leftOut.append(failure) }
        }
    }

    func finish() throws -> ArchiveManifest.Catalogue {
        try lock.withLock {
            ArchiveManifest.Catalogue(
                name: catalogue.name, model: catalogue.modelID, createdAt: catalogue.createdAt.microsecondsSince1970,
                filterableKeys: catalogue.filterableKeys, imageCount: state.imageCount,
                originalCount: state.originalCount,
                images: try state.images.finish(as: stem + ".jsonl"),
                vectors: try state.vectors.finish(as: stem + ".vectors"),
                versions: state.versions.map {
                    ArchiveManifest.Version(model: $0.modelID, digest: $0.digest, dimension: $0.dimension)
                })
        }
    }

    private func write(_ record: ImageRecord) throws {
        let line = ArchiveLine(record, versions: record.embeddings.map { number(of: $0.model) })
        try state.images.write(encoder.encode(line))
        try state.images.write([UInt8(ascii: "\n")])
        for (_, embedding) in record.embeddings {
            let bits = embedding.values.map(\.bitPattern.littleEndian)
            try bits.withUnsafeBytes { try state.vectors.write($0) }
        }
        state.imageCount += 1
        if record.isStored { state.originalCount += 1 }
    }

    private func number(of model: ModelVersion) -> Int {
        if let number = state.versions.firstIndex(of: model) { return number }
        state.versions.append(model)
        return state.versions.count - 1
    }

    /// One that is there already, from an earlier backup, stays; `restore` looks at what it holds.
    private func copyOriginal(of image: CatalogueImage) throws {
        let path = ArchiveWriter.path(of: image.hash, inFolder: folder)
        var status = stat()
        if stat(path, &status) == 0, status.st_size == image.byteCount { return }
        try ArchiveWriter.makeFolder((path as NSString).deletingLastPathComponent)
        let input: ArchiveInput
        do {
            input = try ArchiveInput(path: source.pathOfOriginal(image.hash))
        } catch {
            throw ImageError(.unreadable, "The original is missing or cannot be read.", underlying: error)
        }
        let partial = path + ".part"
        defer { unlink(partial) }
        let output = try ArchiveOutput(path: partial)
        while let block = try input.nextBlock() { try output.write(block) }
        guard try output.finishUnflushed() == image.hash else {
            throw ImageError(.damaged, "The original does not hold what its name says.")
        }
        guard rename(partial, path) == 0 else { throw TransferError.writing(path, errno) }
    }
}

extension StoreSource {
    /// Whether an image is still there.
    func isPresent(_ image: CatalogueImage) async throws -> Bool {
        !(try await stores.catalogues.images([image.id]).isEmpty)
    }
}
