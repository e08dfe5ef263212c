import Foundation
import SemblanceCore

/// One download from a publisher's hub.
///
/// The file arrives as `FILE.part` in its own folder, where it survives Ctrl-C and a kill; what is whole and right
/// takes its name in one step.
struct HubPull {
    let artefact: Artefact
    let file: HubFile
    let downloader: any FileDownloader
    /// Threads for what blocks.
    let threads: ThreadPool
    /// Loads the file as the model that it should be. Only where nobody has published a hash: what is pinned then is
    /// what a later pull must bring again, and a page of excuses with the status 200 must not become that.
    let prove: @Sendable (_ path: String) throws -> Void
    let progress: @Sendable (PullStep) -> Void

    private var part: String { artefact.path + ".part" }

    func run() async throws {
        let (artefact, part, downloader, progress) = (self.artefact, self.part, self.downloader, self.progress)
        let (prove, url) = (self.prove, file.url)
        try checkSpace()
        progress(.fetching(url: file.url))
        do {
            try await downloader.download(file.url, to: part) { progress(.received($0)) }
        } catch let error as ModelError {
            throw ModelError(
                error.code, "\(artefact.title) could not be downloaded: \(error.message) \(artefact.byHand)",
                underlying: error)
        }
        progress(.verifying(file: artefact.name))
        try await threads.run {
            let hash = try CheckpointFile(path: part).contentHash
            do {
                try artefact.check(hash)
                if artefact.isHashUnknown { try Self.prove(part, from: url, as: artefact.title, prove) }
            } catch {
                downloader.discard(part)
                throw error
            }
            // First the pin: weights without one would be taken for any file.
            if artefact.hash == nil {
                try PinnedHash(of: artefact.path).write(hash)
                progress(.pinned(hash))
            }
            try DurableFile.rename(part, to: artefact.path)
            downloader.discard(part)
        }
        progress(.done(byteCount: DurableFile.byteCount(artefact.path) ?? 0))
    }

    private static func prove(
        _ part: String, from url: String, as title: String, _ prove: (String) throws -> Void
    ) throws {
        do {
            try prove(part)
        } catch let error as ModelError {
            throw ModelError(
                error.code, "\(title): what came from \(url) cannot be used, and was not kept. \(error.message)",
                underlying: error)
        }
    }

    private func checkSpace() throws {
        guard let byteCount = artefact.byteCount else { return }
        try DurableFile.checkSpace(for: byteCount - (DurableFile.byteCount(part) ?? 0), at: artefact.folder)
    }
}
