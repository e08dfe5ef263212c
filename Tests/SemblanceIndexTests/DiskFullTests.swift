import Foundation
import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Synchronization
import Testing

/// A disk that is full at a chosen byte.
final class Disk: Sendable {
    private let free = Mutex(Int.max)
    private let whenFull: @Sendable () -> Void

    /// - Parameter whenFull: called when a write was cut short.
    init(whenFull: @escaping @Sendable () -> Void = {}) { self.whenFull = whenFull }

    var faults: StorageFaults {
        StorageFaults(whenFull: whenFull) { [self] _, byteCount in
            free.withLock { free in
                let part = min(free, byteCount)
                free -= part
                return part
            }
        }
    }

    func setFree(_ byteCount: Int) { free.withLock { $0 = byteCount } }
}

/// The kinds of files that were written, in order.
final class WriteLog: Sendable {
    private let kinds = Mutex<[FileKind]>([])

    var faults: StorageFaults {
        StorageFaults { [self] kind, byteCount in
            kinds.withLock { $0.append(kind) }
            return byteCount
        }
    }

    var written: [FileKind] { kinds.withLock { $0 } }
}

@Suite struct DiskFullTests {
    @Test func recordsAreWrittenAfterWhatTheyVouchFor() async throws {
        let log = WriteLog()
        var bench = IndexBench(dimension: 6)
        bench.options.faults = log.faults
        let open = try await bench.open()
        let vectors = VectorKind.random.vectors(2, 6, seed: 49)
        for (id, vector) in vectors.enumerated() {
            try await open.index.insert([(.init(rawValue: Int64(id)), vector)])
        }
        #expect(FileKind.allCases.last == .rows)
        #expect(log.written == FileKind.allCases + FileKind.allCases)
    }

    @Test func aFullDiskLeavesTheIndexAsItWas() async throws {
        let disk = Disk()
        var bench = IndexBench(dimension: 6)
        bench.options.faults = disk.faults
        let vectors = VectorKind.random.vectors(12, 6, seed: 50)
        bench.store.fill(Array(vectors.prefix(4)))
        let open = try await bench.open()
        let batch = (4..<12).map { (CatalogueImage.ID(rawValue: Int64($0 + 1)), vectors[$0]) }
        for free in 0..<8 * (24 + 8 + 8 + 24) {
            disk.setFree(free)
            let error = await #expect(throws: StoreError.self) { try await open.index.insert(batch) }
            #expect(error?.code == .diskFull)
            #expect(try await open.search(vectors[0], limit: 20).count == 4)
            #expect(bench.bytes(.vectors).count == 64 + 4 * 24)
        }
        disk.setFree(.max)
        try await open.index.insert(batch)
        #expect(try await open.search(vectors[0], limit: 20).count == 12)
    }

    @Test func whatAFailedInsertionMissedIsFetchedWhenTheIndexIsAskedForNext() async throws {
        let disk = Disk()
        var bench = IndexBench(dimension: 6)
        bench.options.faults = disk.faults
        let open = try await bench.open()
        bench.store.fill(VectorKind.random.vectors(3, 6, seed: 51))
        disk.setFree(10)
        await #expect(throws: StoreError.self) {
            try await open.index.insert([(.init(rawValue: 1), bench.store[1]!)])
        }
        disk.setFree(.max)
        #expect(try await open.provider.index(for: bench.space).count() == 3)
    }

    @Test func openingOnAFullDiskKeepsRowsInMemory() async throws {
        let disk = Disk()
        var bench = IndexBench(dimension: 6)
        bench.options.faults = disk.faults
        disk.setFree(100)
        let vectors = VectorKind.random.vectors(700, 6, seed: 52)
        bench.store.fill(vectors)
        let open = try await bench.open()
        let images = vectors.enumerated().map { (Int64($0 + 1), $1) }
        #expect(try await open.search(vectors[1], limit: 9) == bruteForce(vectors[1], images, limit: 9))
        #expect((await open.index.storageProblem as? StoreError)?.code == .diskFull)
        #expect(try await open.index.check().unwrittenCount == 700)
        // Removed images leave memory too.
        try await open.index.remove([.init(rawValue: 2)])
        #expect(try await open.search(vectors[1], limit: 1).first?.id.rawValue != 2)
    }

    @Test func aFolderThatCannotBeMadeKeepsRowsInMemory() async throws {
        let bench = IndexBench(dimension: 6)
        try Data().write(to: URL(fileURLWithPath: bench.folder.path))
        bench.store.fill(VectorKind.random.vectors(5, 6, seed: 53))
        let open = try await bench.open()
        #expect(try await open.index.count() == 5)
        #expect(await open.index.storageProblem != nil)
    }

    @Test func compactionOnAFullDiskKeepsTheOldGeneration() async throws {
        let disk = Disk()
        var bench = IndexBench(dimension: 6)
        bench.options.faults = disk.faults
        bench.options.minimumDeadCount = 1_000_000
        let vectors = VectorKind.random.vectors(40, 6, seed: 54)
        bench.store.fill(vectors)
        let first = try await bench.open()
        #expect(try await first.index.count() == 40)
        bench.options.minimumDeadCount = 10
        let open = try await bench.open()
        disk.setFree(300)
        for id in 1...20 { bench.store[Int64(id)] = nil }
        try await open.index.remove((1...20).map { .init(rawValue: Int64($0)) })
        while bench.generations.count > 1 { await Task.yield() }
        #expect(try await open.search(vectors[30], limit: 50).count == 20)
        try await StorageTests.expectWhole(bench)
    }
}
