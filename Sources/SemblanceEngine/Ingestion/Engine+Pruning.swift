import SemblanceCore

extension Engine {
    /// Forgets files below these paths that are gone; images that no file holds then are deleted by the caller.
    ///
    /// Gone means that the system says so: a folder that cannot be read keeps its images. A path below which nothing at
    /// all is left is passed over, as is what lies behind a link to a folder that is not there: more likely a disk is not
    /// mounted than every picture deleted; `remove` does that.
    func prune(_ paths: [String], in catalogue: Catalogue) async throws {
        for path in paths {
            guard let folder = try await ingestThreads.run({ FileBytes.absolutePath(path) }) else { continue }
            guard try await hasSurvivor(under: folder, in: catalogue) else { continue }
            try await forEachSourcePage(under: folder, in: catalogue) { paths in
                let gone = try await ingestThreads.run {
                    paths.filter { FileBytes.isGone($0) && !FileBytes.isBehindBrokenLink($0) }
                }
                try await store.forgetSources(gone, in: catalogue.id)
                return true
            }
        }
    }

    private func hasSurvivor(under folder: String, in catalogue: Catalogue) async throws -> Bool {
        var isFound = false
        try await forEachSourcePage(under: folder, in: catalogue) { paths in
            isFound = try await ingestThreads.run { !paths.allSatisfy(FileBytes.isGone) }
            return !isFound
        }
        return isFound
    }

    /// Calls `body` with recorded paths, a page at a time, until it returns `false`.
    private func forEachSourcePage(
        under folder: String, in catalogue: Catalogue, _ body: ([String]) async throws -> Bool
    ) async throws {
        var cursor: String?
        while true {
            try Task.checkCancellation()
            let page = try await store.sourcePaths(in: catalogue.id, under: folder, after: cursor, limit: 1000)
            guard let last = page.last, try await body(page.map(\.path)) else { return }
            cursor = last.path
        }
    }
}
