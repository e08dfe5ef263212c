import SemblanceCore
import SemblanceVision
import Testing

@Suite struct EfficientNetLiteTests {
    /// Tensors in the published files (296, 386, 386), and each variant's blocks and last width.
    @Test(
        arguments: [
            ("lite0", 296, 16, 320), ("lite1", 386, 21, 320), ("lite2", 386, 21, 352), ("lite3", nil, 24, 384),
            ("lite4", nil, 30, 448),
        ] as [(String, Int?, Int, Int)])
    func scalesAsPublished(variant: String, tensorCount: Int?, blockCount: Int, lastWidth: Int) throws {
        let network = try #require(EfficientNetLite(variant: variant))
        #expect(network.stages.map(\.repeats).reduce(0, +) == blockCount)
        #expect(network.stages.last?.width == lastWidth)
        #expect(network.stages.first?.repeats == 1 && network.stages.last?.repeats == 1)
        #expect(network.dimension == 1280 && network.stemWidth == 32)
        if let tensorCount { #expect(network.expectedTensors.count == tensorCount) }
        #expect(network.stages.allSatisfy { $0.width.isMultiple(of: 8) })
    }

    @Test func readsDepthAndWidthOffTheShapes() throws {
        let network = try #require(
            try EfficientNetLite.recognise(ModelFixture.narrowCheckpoint(), options: NetworkOptions()))
        #expect(network.stages.map(\.repeats) == [1, 2, 1, 2, 1, 2, 1])
        #expect(network.stages.map(\.width) == [4, 6, 8, 10, 12, 14, 16])
        #expect(network.stages.map(\.stride) == [1, 2, 2, 2, 1, 2, 1])
        #expect(network.stemWidth == 8 && network.dimension == 64)
    }

    @Test func doesNotKnowOtherFamilies() throws {
        let other = try TorchFileWriter.floats([1], shape: [1], strides: [1]).checkpoint()
        #expect(try EfficientNetLite.recognise(other, options: NetworkOptions()) == nil)
        #expect(try EfficientNetLite.recognise(other, options: NetworkOptions(variant: "lite0")) == nil)
    }

    @Test func namesTheVariantsWhenItHasNoSuch() throws {
        let error = #expect(throws: ModelError.self) {
            try EfficientNetLite.recognise(ModelFixture.narrowCheckpoint(), options: NetworkOptions(variant: "lite9"))
        }
        #expect(error?.code == .unsupportedArchitecture)
        #expect(error?.message.contains("lite0, lite1, lite2, lite3, lite4") == true)
    }

    /// The narrow network's tensors, changed.
    private func build(_ change: (inout [String: CheckpointTensor]) throws -> Void) throws {
        let whole = try ModelFixture.narrowCheckpoint()
        let network = try #require(try EfficientNetLite.recognise(whole, options: NetworkOptions()))
        var tensors = whole.tensors
        try change(&tensors)
        _ = try network.graph(from: Checkpoint(fileName: "narrow.pth", tensors: tensors), size: 50)
    }

    private func tensor(_ name: String, _ values: [Float]) throws -> CheckpointTensor {
        let bytes = values.withUnsafeBytes { Array($0) }
        return try CheckpointTensor(
            name: name, shape: [values.count], elementType: .float32, storage: 0..<bytes.count,
            file: CheckpointFile(bytes, name: "test"))
    }

    private func refusal(_ change: (inout [String: CheckpointTensor]) throws -> Void) -> ModelError? {
        let error = #expect(throws: ModelError.self) { try build(change) }
        #expect(error?.code == .unexpectedTensors)
        return error
    }

    @Test func namesMissingTensors() {
        let error = refusal { $0["_blocks.3._bn1.running_var"] = nil }
        #expect(error?.message.contains("'_blocks.3._bn1.running_var' is missing") == true)
        #expect(error?.message.contains("'narrow.pth'") == true)
    }

    @Test func namesTensorsThatDoNotBelong() {
        let error = refusal { $0["decoder.weight"] = try tensor("decoder.weight", [1]) }
        #expect(error?.message.contains("'decoder.weight' is not expected") == true)
    }

    @Test func namesTensorsOfAnotherShape() {
        let error = refusal { $0["_bn0.bias"] = try tensor("_bn0.bias", [1, 2]) }
        #expect(error?.message.contains("'_bn0.bias' has the shape [2], expected [8]") == true)
    }

    @Test func countsWhatItDoesNotName() {
        let error = refusal { tensors in tensors = tensors.filter { !$0.key.hasPrefix("_blocks.3") } }
        #expect(error?.message.contains("more") == true)
    }

    @Test func refusesWeightsThatAreNotNumbers() {
        let error = refusal { $0["_bn0.bias"] = try tensor("_bn0.bias", [0, 0, 0, .nan, 0, 0, 0, 0]) }
        #expect(error?.message.contains("'_bn0.bias' holds nan at element 3") == true)
    }

    @Test func refusesNegativeVariances() {
        let error = refusal {
            $0["_bn0.running_var"] = try tensor("_bn0.running_var", [1, 1, -1, 1, 1, 1, 1, 1])
        }
        #expect(error?.message.contains("'_bn0.running_var' holds -1.0 at element 2") == true)
    }

    /// The counter of training steps and the classifier may be there or not.
    @Test func doesNotNeedWhatItDoesNotRead() throws {
        try build { tensors in tensors = tensors.filter { !$0.key.hasSuffix("num_batches_tracked") } }
    }
}
