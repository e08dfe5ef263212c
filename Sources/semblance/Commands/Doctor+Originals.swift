import Foundation
import SemblanceCore
import SemblanceStore

/// Stored originals that no catalogue uses.
///
/// An ingestion that was killed between storing a file and writing its row leaves one; so does a database that was put
/// aside, and then the file may be all that is left of a picture. So nothing goes unless somebody asks for it, and only
/// while no other process has the data folder: what a running ingestion has just stored would look the same.
struct UnusedOriginals {
    private let files: LocalFileStore
    private let catalogues: SQLiteCatalogueStore
    /// Held while files are removed.
    private let lock: DataFolderLock?

    /// - Throws: `StoreError`: `data-folder-in-use` if files are to be removed while another process has the folder.
    init(in folder: DataFolder, removing: Bool) async throws {
        lock = removing ? try folder.lock() : nil
        files = LocalFileStore(folder: folder)
        catalogues = SQLiteCatalogueStore(
            database: try await SQLiteDatabase.open(path: folder.databasePath, role: removing ? .writer : .reader))
    }

    /// Looks at every stored original, and removes those that nobody uses if that was asked for.
    func examine() async throws -> Finding {
        var (storedCount, unusedCount, byteCount) = (0, 0, Int64(0))
        for byte in UInt8.min...UInt8.max {
            try Task.checkCancellation()
            let stored = try files.storedHashes(startingWith: byte)
            let unused = try await catalogues.unused(stored)
            storedCount += stored.count
            unusedCount += unused.count
            for hash in unused {
                byteCount += Self.byteCount(files.path(of: hash))
                if lock != nil { try files.remove(hash) }
            }
        }
        return finding(storedCount, unusedCount, byteCount)
    }

    private func finding(_ storedCount: Int, _ unusedCount: Int, _ byteCount: Int64) -> Finding {
        guard unusedCount > 0 else { return Finding(.fine, "originals", "\(storedCount) stored, all in use") }
        let text = "\(unusedCount) of \(storedCount) stored originals (\(byteCount.bytesText))"
        guard lock == nil else { return Finding(.fine, "originals", "removed \(text) that no catalogue used") }
        return Finding(
            .weak, "originals", "\(text) are in no catalogue, or are being taken in right now",
            remedy: "Index or upload them again, or remove them with semblance doctor --remove-unused.")
    }

    private static func byteCount(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
