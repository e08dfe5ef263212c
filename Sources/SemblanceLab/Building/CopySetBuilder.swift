import Foundation
import SemblanceCore
import SemblanceEngine
import Synchronization

/// Makes a copy-detection set out of a folder of pictures: `originals/`, `copies/`, `list.jsonl` and `qrels.txt`.
public struct CopySetBuilder: Sendable {
    /// What was made.
    public struct Summary: Hashable, Sendable {
        public let galleryCount: Int
        public let copyCount: Int
        public let strangerCount: Int
        /// Pictures that no copy could be made of, by their names, each with its reason.
        public let failures: [FileFailure]
    }

    private let alterer: any ImageAlterer
    private let limits: DecodingLimits
    private let threadCount: Int

    public init(alterer: any ImageAlterer, limits: DecodingLimits = DecodingLimits(), threadCount: Int) {
        precondition(threadCount > 0)
        self.alterer = alterer
        self.limits = limits
        self.threadCount = threadCount
    }

    /// Whether a set can be made there; told before a large folder is listed.
    /// - Throws: `set-unreadable`.
    public static func check(output: String) throws { try CopySetFolder(output).check() }

    /// Lists a folder's pictures and plans the set. Calls block.
    /// - Returns: the plan, and what could not be listed.
    /// - Throws: `set-unreadable`, `set-unusable`.
    public static func plan(
        _ folder: String, _ options: CopySetPlan.Options
    ) throws -> (plan: CopySetPlan, failures: [FileFailure]) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw LabError(.unreadableSet, "There is no folder '\(folder)'.")
        }
        let root = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let walker = FolderWalker(paths: [root])
        var (names, failures) = ([String](), [FileFailure]())
        while let entry = walker.next() {
            switch entry {
            case .failure(let failure): failures.append(failure)
            case .file(let found):
                let name = String(found.shownPath.dropFirst(root.count + 1))
                // Judgements are apart by tabs and line ends.
                if name.utf8.contains(where: { $0 < 0x20 }) {
                    failures.append(
                        FileFailure(path: name, error: ImageError(.unreadable, "The name holds a control character.")))
                } else {
                    names.append(name)
                }
            }
        }
        return (try CopySetPlan(names: names, options: options), failures)
    }

    /// Writes the set. A run that ends early leaves nothing: the folder gets its name when it is whole.
    /// - Parameters:
    ///   - folder: where the plan's pictures are.
    ///   - output: must not exist.
    /// - Throws: `set-unreadable` if the output exists, `set-unusable` if no copy could be made, `StoreError`,
    ///   `CancellationError`.
    public func build(
        _ plan: CopySetPlan, from folder: String, at output: String,
        onProgress: @escaping @Sendable (JobProgress) -> Void = { _ in }
    ) async throws -> Summary {
        let target = CopySetFolder(output)
        try target.begin()
        let threads = ThreadPool(name: "copies", threadCount: threadCount)
        defer { threads.shutDown() }
        do {
            let failures = try await makeCopies(plan, from: folder, in: target, on: threads, onProgress)
            return try await threads.run { try finish(plan, failures, from: folder, in: target) }
        } catch {
            target.remove()
            throw error
        }
    }

    /// Copies by picture: a picture is read once.
    private func makeCopies(
        _ plan: CopySetPlan, from folder: String, in target: CopySetFolder, on threads: ThreadPool,
        _ onProgress: @escaping @Sendable (JobProgress) -> Void
    ) async throws -> [Int: FileFailure] {
        let sources = Dictionary(grouping: plan.copies, by: \.source).sorted { $0.key < $1.key }
        var failures: [Int: FileFailure] = [:]
        var progress = JobProgress(total: plan.copies.count)
        try await withThrowingTaskGroup(of: (Int, Int, FileFailure?).self) { group in
            var next = 0
            func add() {
                guard next < sources.count else { return }
                let (source, copies) = sources[next]
                next += 1
                group.addTask {
                    let failure = try await threads.run {
                        try make(copies, of: "\(folder)/\(plan.names[source])", named: plan.names[source], in: target)
                    }
                    return (source, copies.count, failure)
                }
            }
            for _ in 0..<2 * threadCount { add() }
            while let (source, count, failure) = try await group.next() {
                try Task.checkCancellation()
                failures[source] = failure
                if failure == nil { progress.done += count } else { progress.failed += count }
                onProgress(progress)
                add()
            }
        }
        try Task.checkCancellation()
        return failures
    }

    /// - Returns: why no copy could be made, if so; then none of the picture is left.
    private func make(
        _ copies: [CopySetPlan.Copy], of path: String, named name: String, in target: CopySetFolder
    ) throws -> FileFailure? {
        do {
            let bytes = try FileBytes(reading: path, maximumByteCount: limits.maximumByteCount)
            for copy in copies {
                try target.write(
                    try bytes.withUnsafeBytes { try alterer.alter($0, by: copy.alteration) }, to: copy.path)
            }
            return nil
        } catch let error as ImageError {
            return FileFailure(path: name, error: error)
        }
    }

    private func finish(
        _ plan: CopySetPlan, _ failures: [Int: FileFailure], from folder: String, in target: CopySetFolder
    ) throws -> Summary {
        let strangers = Set(plan.strangers)
        let gallery = plan.names.indices.filter { !strangers.contains($0) && failures[$0] == nil }
        let copies = plan.copies.filter { failures[$0.source] == nil }
        guard copies.contains(where: { !strangers.contains($0.source) }) else {
            throw LabError(
                .unusableSet, "No copy could be made: \(failures.values.first?.message ?? "nothing to copy")")
        }
        for place in gallery {
            try target.copy("\(folder)/\(plan.names[place])", to: CopySetPlan.originalPath(of: plan.names[place]))
        }
        try target.writeList(plan, gallery: gallery, copies: copies)
        try target.finish()
        return Summary(
            galleryCount: gallery.count, copyCount: copies.count, strangerCount: strangers.count,
            failures: failures.sorted { $0.key < $1.key }.map(\.value))
    }
}
