import SemblanceCore
import SemblanceVision
import Testing

/// Files that are damaged, by chance or on purpose: each is refused, with the place or the tensor named.
@Suite struct DamagedCheckpointTests {
    /// A good file of one tensor, to be spoilt.
    private var writer: TorchFileWriter { .floats([1, 2, 3, 4, 5, 6], shape: [2, 3], strides: [3, 1]) }

    private func refusal(of bytes: [UInt8]) -> ModelError? {
        #expect(throws: ModelError.self) { try Checkpoint.read(CheckpointFile(bytes, name: "bad.pth")) }
    }

    @Test func refusesATensorThatLeavesItsStorage() {
        for (offset, shape, strides) in [
            (1, [2, 3], [3, 1]), (7, [1], [1]), (0, [2, 4], [3, 1]), (0, [2, 3], [6, 1]), (0, [7], [1]),
            (0, [Int.max / 2, 4], [4, 1]), (Int.max, [1], [1]), (0, [2], [Int.max]),
        ] {
            var writer = writer
            writer.tensors[0].offset = offset
            writer.tensors[0].shape = shape
            writer.tensors[0].strides = strides
            let error = refusal(of: writer.file())
            #expect(error?.code == .damagedCheckpoint, "\(offset) \(shape) \(strides)")
            #expect(error?.message.contains("'w'") == true, "\(error?.message ?? "")")
        }
    }

    @Test func refusesElementsThatOverlap() {
        for (shape, strides) in [([1_000_000_000], [0]), ([2, 3], [1, 1]), ([2, 2], [2, 2]), ([3, 2], [1, 2])] {
            var writer = writer
            writer.tensors[0].shape = shape
            writer.tensors[0].strides = strides
            #expect(refusal(of: writer.file())?.message.contains("overlap") == true, "\(shape) \(strides)")
        }
    }

    @Test func refusesNegativeSizes() {
        var writer = writer
        writer.tensors[0].shape = [-1, 3]
        #expect(refusal(of: writer.file())?.code == .damagedCheckpoint)
    }

    @Test func refusesAStorageOfAnotherSizeThanDescribed() {
        var writer = writer
        writer.storages[0].writtenCount = 5
        #expect(refusal(of: writer.file())?.message.contains("expected 6 elements") == true)
        writer.storages[0].writtenCount = Int.max
        writer.storages[0].count = Int.max
        #expect(refusal(of: writer.file())?.code == .damagedCheckpoint)
    }

    @Test func refusesStoragesThatAreMissingTwiceOrUnknown() {
        for keys in [[], ["7", "7"], ["8"], ["7", "8"]] {
            var writer = writer
            writer.listedKeys = keys
            #expect(refusal(of: writer.file())?.code == .damagedCheckpoint, "\(keys)")
        }
    }

    @Test func refusesStoragesDescribedInTwoWays() {
        var writer = writer
        writer.storages.append(.init(key: "7", className: "IntStorage", count: 6, bytes: []))
        writer.tensors.append(.init(name: "v", storage: 1, shape: [6], strides: [1]))
        #expect(refusal(of: writer.file())?.message.contains("described twice") == true)
    }

    @Test func refusesBytesBehindTheEnd() {
        var writer = writer
        writer.tail = [0]
        #expect(refusal(of: writer.file())?.message.contains("1 more bytes") == true)
    }

    @Test func refusesOtherVersionsAndByteOrders() {
        var writer = writer
        writer.version = 1002
        #expect(refusal(of: writer.file())?.message.contains("1001") == true)
        writer = self.writer
        writer.isLittleEndian = false
        #expect(refusal(of: writer.file())?.message.contains("little-endian") == true)
    }

    @Test func refusesAFileCutOffAnywhere() throws {
        let whole = writer.file()
        for length in 0..<whole.count {
            #expect(refusal(of: Array(whole.prefix(length)))?.code == .damagedCheckpoint, "\(length) bytes")
        }
    }

    @Test func refusesWeightsThatAreNotFinite() throws {
        for value in [Float.nan, .infinity, -.infinity] {
            let checkpoint = try TorchFileWriter.floats([1, value], shape: [2], strides: [1]).checkpoint()
            let error = #expect(throws: ModelError.self) { try checkpoint["w"]?.floats() }
            #expect(error?.code == .unexpectedTensors)
            #expect(error?.message.contains("'w'") == true)
            #expect(error?.message.contains("element 1") == true)
        }
    }

    /// Any change of bytes gives an error or other numbers, but never a read outside the file or an endless loop.
    @Test func survivesRandomDamage() throws {
        let whole = try ModelFixture.narrowBytes()
        // The pickles, where the structure is, fill the first 28,725 bytes; the rest are numbers.
        let structure = 0..<28_725
        var generator = ModelFixture.Generator(state: 20_261_122)
        var readCount = 0
        for _ in 0..<600 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: structure, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                let checkpoint = try Checkpoint.read(CheckpointFile(bytes, name: "fuzzed.pth"))
                for tensor in checkpoint.tensors.values { _ = try? tensor.floats() }
                readCount += 1
            } catch {
                #expect(error.code == .damagedCheckpoint || error.code == .forbiddenPickle, "\(error)")
            }
        }
        #expect(readCount > 0 && readCount < 600)
    }
}
