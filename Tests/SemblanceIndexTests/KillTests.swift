import Foundation
import SemblanceCore
import SemblanceIndex
import Testing

// Values that an exit test takes along into its process came with Swift 6.3.
#if compiler(>=6.3)
    /// A process that is killed inside the append to the vector files.
    @Suite struct KillTests {
        static let vectors = VectorKind.random.vectors(8, StorageTests.dimension, seed: 60)
        /// Bytes that appending three rows writes to each file, in the order of writing.
        static let parts = [36, 16, 8, 24].map { 3 * $0 }

        /// In each file: before the first byte, within the first row, between rows, and before the last byte.
        static let moments: [Int] = {
            var start = 0
            return parts.flatMap { part -> [Int] in
                defer { start += part }
                return [0, 5, part / 3, part / 3 + 1, part - 1].map { start + $0 }
            }
        }()

        @Test(arguments: moments) func aTornAppendIsFoundByItsChecksums(byteCount: Int) async throws {
            let bench = IndexBench(dimension: StorageTests.dimension)
            bench.store.fill(Array(Self.vectors.prefix(5)))
            _ = try await bench.open()
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [folder = bench.folder.path as String, byteCount = byteCount as Int] in
                try await Self.appendUntilKilled(in: folder, after: byteCount)
            }
            let written = FileKind.allCases.reduce(0) { $0 + bench.bytes($1).count }
            let before = 4 * 64 + 5 * (36 + 16 + 8 + 24)
            #expect(written == before + byteCount, "the process died where it was meant to")

            // The store has all of them: each is there once, and only what was torn is fetched again.
            bench.store.fill(Self.vectors)
            _ = bench.store.takeFetched()
            try await StorageTests.expectWhole(bench)
            let wholeRowCount = max(0, byteCount - Self.parts.dropLast().reduce(0, +)) / 24
            #expect(bench.store.takeFetched() == Array((6...8).dropFirst(wholeRowCount)))
            #expect(try await bench.open().index.count() == 8)
            #expect(bench.bytes(.rows).count == 64 + 8 * 24)
        }

        /// Adds images 6, 7 and 8; dies of SIGKILL when so many bytes are in the files.
        static func appendUntilKilled(in folder: String, after byteCount: Int) async throws {
            let disk = Disk { kill(getpid(), SIGKILL) }
            var bench = IndexBench(dimension: StorageTests.dimension, folder: TemporaryFolder(of: folder))
            bench.options.faults = disk.faults
            bench.store.fill(Array(vectors.prefix(5)))
            let open = try await bench.open()
            disk.setFree(byteCount)
            try await open.index.insert((6...8).map { (.init(rawValue: Int64($0)), vectors[$0 - 1]) })
        }
    }
#endif
