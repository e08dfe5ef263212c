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
    let progress: @Sendable (PullStep) -> Void

    private var part: String { artefact.path + ".part" }

    func run() async throws {
        let (artefact, part, downloader, progress) = (self.artefact, self.part, self.downloader, self.progress)
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

    private func checkSpace() throws {
        guard let byteCount = artefact.byteCount else { return }
        try DurableFile.checkSpace(for: byteCount - (DurableFile.byteCount(part) ?? 0), at: artefact.folder)
    }
}
