// A generation: files that belong together, in a folder of their own.
//
// Appending writes the vectors, then the codes, what they are worth, and the rows, each at the place that the number of
// rows gives. A process killed at any point leaves bytes beyond the last whole record, which are cut off when the index
// is opened next; a failed write is cut off at once. Nothing is synchronised to the disk on the way: the files are a
// cache of the catalogue store, and after a power failure their checksums tell which rows were lost.

import CVectorKernels
import Foundation
import SemblanceCore

/// The files of a generation, open for reading or for appending. Not thread-safe.
struct Generation {
    let folder: String
    let layout: RowLayout
    let files: [FileKind: OpenFile]

    static func open(
        _ folder: String, layout: RowLayout, model: UInt32, access: LocalVectorIndexes.Access
    ) throws -> Generation {
        let flags = access == .readWrite ? O_RDWR : O_RDONLY
        var files: [FileKind: OpenFile] = [:]
        var stamps: Set<UInt64> = []
        for kind in FileKind.allCases {
            let file = try OpenFile("\(folder)/\(kind.fileName)", flags: flags)
            let header = FileHeader(kind: kind, layout: layout, stamp: 0, model: model)
            guard let stamp = header.matches(try file.read(RowLayout.headerByteCount, at: 0)) else {
                throw IndexError(.damaged, "The file \(kind.fileName) of a vector index has a damaged header.")
            }
            stamps.insert(stamp)
            files[kind] = file
        }
        guard stamps.count == 1 else {
            throw IndexError(.damaged, "The files of a vector index do not belong together.")
        }
        return Generation(folder: folder, layout: layout, files: files)
    }

    /// Makes a generation without rows. The folder must not exist.
    static func create(_ folder: String, layout: RowLayout, model: UInt32) throws -> Generation {
        guard mkdir(folder, 0o700) == 0 else { throw FileFailure.error(errno, "create") }
        let stamp = UInt64.random(in: 1 ... .max)
        var files: [FileKind: OpenFile] = [:]
        for kind in FileKind.allCases {
            let file = try OpenFile("\(folder)/\(kind.fileName)", flags: O_RDWR | O_CREAT | O_EXCL)
            let header = FileHeader(kind: kind, layout: layout, stamp: stamp, model: model)
            try header.bytes.withUnsafeBytes { try file.write($0, at: 0) }
            files[kind] = file
        }
        return Generation(folder: folder, layout: layout, files: files)
    }

    /// Appends rows after the first `count`. On failure the files hold `count` rows as before.
    /// - Parameter room: bytes that may be written to a file of a kind, to try a full disk in tests.
    func append(_ encoded: EncodedRows, after count: Int, room: StorageFaults?) throws {
        do {
            for kind in FileKind.allCases {
                let offset = layout.byteCount(of: kind, count: count)
                try encoded.withBytes(of: kind) { try write($0, kind: kind, at: offset, room: room) }
            }
        } catch {
            cut(to: count)
            throw error
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, kind: FileKind, at offset: Int, room: StorageFaults?) throws {
        let allowed = room?.writableByteCount(kind, bytes.count) ?? bytes.count
        try files[kind]!.write(UnsafeRawBufferPointer(rebasing: bytes.prefix(allowed)), at: offset)
        if allowed < bytes.count {
            room?.whenFull()
            throw FileFailure.error(ENOSPC, "write")
        }
    }

    /// Cuts what follows the first `count` rows. What cannot be cut is overwritten by the next append.
    func cut(to count: Int) {
        for (kind, file) in files {
            let wanted = layout.byteCount(of: kind, count: count)
            if let found = try? file.byteCount(), found > wanted { try? file.truncate(to: wanted) }
        }
    }

    /// Rows that every file has room for.
    func possibleRowCount() throws -> Int {
        try files.map { layout.rowCount(of: $0.key, byteCount: try $0.value.byteCount()) }.min() ?? 0
    }
}

/// Failures of the disk, for tests.
package struct StorageFaults: Sendable {
    /// Bytes of a write to a file that still fit on the disk.
    package let writableByteCount: @Sendable (FileKind, Int) -> Int
    /// Called when part of a write is in its file and the rest never will be: the place to die in.
    package let whenFull: @Sendable () -> Void

    package init(
        whenFull: @escaping @Sendable () -> Void = {}, writableByteCount: @escaping @Sendable (FileKind, Int) -> Int
    ) {
        self.whenFull = whenFull
        self.writableByteCount = writableByteCount
    }
}
