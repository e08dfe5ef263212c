import SemblanceCore
import SemblanceVision
import Testing

@Suite struct LegacyTorchReaderTests {
    @Test func readsWhatPyTorchWrote() throws {
        let checkpoint = try ModelFixture.narrowCheckpoint()
        #expect(checkpoint.tensors.count == 186)
        let stem = try #require(checkpoint["_conv_stem.weight"])
        #expect(stem.shape == [8, 3, 3, 3])
        #expect(stem.elementType == .float32)
        #expect(try Array(stem.floats().prefix(3)) == ModelFixture.narrowStemValues)
        let tracked = try #require(checkpoint["_bn0.num_batches_tracked"])
        #expect(tracked.shape == [] && tracked.elementType == .int64)
        #expect(try tracked.floats() == [3])
    }

    @Test(arguments: [
        ("DoubleStorage", [0, 0, 0, 0, 0, 0, 0xF8, 0xBF] as [UInt8], -1.5 as Float),
        ("FloatStorage", [0, 0, 0xC0, 0xBF], -1.5),
        ("HalfStorage", [0x00, 0xBE], -1.5),
        ("HalfStorage", [0x01, 0x00], 0x1p-24),
        ("BFloat16Storage", [0xC0, 0xBF], -1.5),
        ("LongStorage", [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], -2),
        ("IntStorage", [0xFE, 0xFF, 0xFF, 0xFF], -2),
        ("ShortStorage", [0xFE, 0xFF], -2),
        ("CharStorage", [0xFE], -2),
        ("ByteStorage", [0xFE], 254),
        ("BoolStorage", [1], 1),
    ])
    func readsEveryElementType(className: String, bytes: [UInt8], expected: Float) throws {
        var writer = TorchFileWriter()
        writer.storages = [.init(key: "a", className: className, count: 1, bytes: bytes)]
        writer.tensors = [.init(name: "w", storage: 0, shape: [1], strides: [1])]
        #expect(try writer.checkpoint()["w"]?.floats() == [expected])
    }

    /// Sizes of 1 are no dimensions: EfficientNet-Lite's pointwise kernels, converted from TensorFlow, are such.
    @Test(arguments: [
        ([3, 2], [1, 3]), ([3, 2, 1, 1], [1, 3, 3, 3]), ([3, 1, 2], [1, 1, 3]), ([1, 3, 2, 1], [6, 1, 3, 1]),
    ])
    func readsTransposedTensorsInRowOrder(shape: [Int], strides: [Int]) throws {
        let writer = TorchFileWriter.floats([1, 2, 3, 4, 5, 6], shape: shape, strides: strides)
        #expect(try writer.checkpoint()["w"]?.floats() == [1, 4, 2, 5, 3, 6])
    }

    @Test func readsViewsThatShareAStorage() throws {
        var writer = TorchFileWriter.floats([1, 2, 3, 4], shape: [4], strides: [1])
        writer.tensors.append(.init(name: "tail", storage: 0, offset: 2, shape: [2], strides: [1]))
        let checkpoint = try writer.checkpoint()
        #expect(try checkpoint["w"]?.floats() == [1, 2, 3, 4])
        #expect(try checkpoint["tail"]?.floats() == [3, 4])
    }

    @Test(arguments: ["state_dict", "model", "model_state_dict"])
    func findsTheStateDictOfATrainingCheckpoint(wrapper: String) throws {
        var writer = TorchFileWriter.floats([1, 2], shape: [2], strides: [1])
        writer.wrapper = wrapper
        writer.tensors[0].isParameter = true
        #expect(try writer.checkpoint()["w"]?.floats() == [1, 2])
        writer.hasTensorBesideWrapper = true
        #expect(try Array(writer.checkpoint().tensors.keys) == ["w"])
    }

    @Test func dropsThePrefixOfParallelTraining() throws {
        var writer = TorchFileWriter.floats([1, 2], shape: [2], strides: [1])
        writer.tensors[0].name = "module.w"
        #expect(try writer.checkpoint()["w"]?.floats() == [1, 2])
        // A name of the network's own, where others have no such prefix.
        writer.tensors.append(.init(name: "head", storage: 0, shape: [2], strides: [1]))
        #expect(try writer.checkpoint().tensors.keys.sorted() == ["head", "module.w"])
    }

    /// Sizes beside a 0 are limited by nothing: their product must not be made.
    @Test func readsEmptyTensorsOfHugeSizes() throws {
        let size = 1 << 40
        let writer = TorchFileWriter.floats([], shape: [0, size, size], strides: [1, size, 1])
        #expect(try writer.checkpoint()["w"]?.floats() == [])
    }

    @Test func readsEmptyTensors() throws {
        let checkpoint = try TorchFileWriter.floats([], shape: [0, 3], strides: [3, 1]).checkpoint()
        #expect(try checkpoint["w"]?.floats() == [])
    }

    @Test func namesTheFormatsWhenItKnowsNone() {
        let error = #expect(throws: ModelError.self) {
            try Checkpoint.read(CheckpointFile(Array("not a checkpoint".utf8), name: "x.pth"))
        }
        #expect(error?.code == .damagedCheckpoint)
        #expect(error?.message.contains("'x.pth'") == true)
        #expect(throws: ModelError.self) { try Checkpoint.read(CheckpointFile([], name: "empty.pth")) }
    }

    @Test func saysThatAFileIsMissing() {
        let error = #expect(throws: ModelError.self) { try Checkpoint.open("/nowhere/gone.pth") }
        #expect(error?.code == .weightsMissing)
        #expect(error?.message.contains("/nowhere") == false)
    }
}
