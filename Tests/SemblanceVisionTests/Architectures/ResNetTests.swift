import SemblanceCore
import SemblanceVision
import Testing

@Suite struct ResNetTests {
    private func network(_ fixture: ConvNetFixture) throws -> ResNet {
        try #require(try ResNet.recognise(fixture.checkpoint(), options: NetworkOptions()))
    }

    @Test func readsDepthAndWidthOffTheShapes() throws {
        let basic = try network(.basic)
        #expect(basic.stages.map(\.count) == [2, 1, 2, 1])
        #expect(basic.stemWidth == 64 && basic.dimension == 32)
        let bottleneck = try network(.bottleneck)
        #expect(bottleneck.stages.map(\.count) == [1, 2, 1, 1])
        #expect(bottleneck.dimension == 128)
    }

    @Test func hasTorchvisionsPreprocessing() throws {
        let preprocessing = try network(.basic).preprocessing
        #expect(preprocessing.size == 224 && preprocessing.resizeTo == 256)
        #expect(preprocessing.fit == .crop && preprocessing.filter == .bilinear && preprocessing.channels == .rgb)
        #expect(preprocessing == ResNet.preprocessing(options: NetworkOptions(variant: "resnet50")))
    }

    @Test(arguments: [ConvNetFixture.basic, .bottleneck])
    func doesNotNeedWhatItDoesNotRead(_ fixture: ConvNetFixture) throws {
        try fixture.build { tensors in
            tensors = tensors.filter { !$0.key.hasSuffix("num_batches_tracked") && !$0.key.hasPrefix("fc.") }
        }
        try fixture.build { $0["fc.weight"] = try ConvNetFixture.tensor("fc.weight", [21, 7]) }
    }

    @Test func doesNotKnowOtherFamilies() throws {
        #expect(try ResNet.recognise(ConvNetFixture.vgg.checkpoint(), options: NetworkOptions()) == nil)
        #expect(try ResNet.recognise(ModelFixture.narrowCheckpoint(), options: NetworkOptions()) == nil)
    }

    @Test(arguments: [
        "bn1.running_mean", "layer1.0.conv2.weight", "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.running_var", "layer3.1.bn2.bias", "layer4.0.conv1.weight",
    ])
    func namesMissingTensors(name: String) {
        let error = ConvNetFixture.basic.refusal { $0[name] = nil }
        #expect(error?.code == .unexpectedTensors)
        #expect(error?.message.contains("'\(name)' is missing") == true)
        #expect(error?.message.contains("'narrow-resnet-basic.pth'") == true)
    }

    @Test func namesTensorsThatDoNotBelong() throws {
        let error = ConvNetFixture.bottleneck.refusal {
            $0["layer1.0.se.fc1.weight"] = try ConvNetFixture.tensor("layer1.0.se.fc1.weight", [4, 32, 1, 1])
        }
        #expect(error?.code == .unexpectedTensors)
        #expect(error?.message.contains("'layer1.0.se.fc1.weight' is not expected") == true)
    }

    @Test(arguments: [
        ("layer1.0.conv2.weight", [8, 3, 3, 3]), ("layer1.0.conv3.weight", [16, 9, 1, 1]), ("bn1.bias", [63]),
        ("layer2.0.conv1.weight", [0, 32, 1, 1]), ("layer2.0.conv1.weight", [32]), ("layer1.0.conv2.weight", []),
    ])
    func namesTensorsOfAnotherShape(name: String, shape: [Int]) throws {
        let error = ConvNetFixture.bottleneck.refusal { $0[name] = try ConvNetFixture.tensor(name, shape) }
        #expect(error?.code == .unexpectedTensors)
        #expect(error?.message.contains("shape") == true, "\(error?.message ?? "")")
    }

    @Test func namesWeightsThatAreNotNumbers() throws {
        let error = ConvNetFixture.basic.refusal {
            $0["layer3.0.bn1.bias"] = try ConvNetFixture.tensor("layer3.0.bn1.bias", [16], of: .nan)
        }
        #expect(error?.message.contains("'layer3.0.bn1.bias' holds nan at element 0") == true)
    }

    /// Each weight takes four bytes three times.
    @Test func refusesWhatDoesNotFitIntoMemory() throws {
        let checkpoint = try ConvNetFixture.basic.checkpoint()
        let expected = try network(.basic).expectedTensors
        let needed = 12 * expected.filter { !$0.isOptional }.reduce(0) { $0 + $1.shape.reduce(1, *) }
        _ = try StateDict(checkpoint, expecting: expected, availableByteCount: needed)
        let error = #expect(throws: ModelError.self) {
            try StateDict(checkpoint, expecting: expected, availableByteCount: needed - 1)
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("'narrow-resnet-basic.pth'") == true)
        // What the machine says of itself is a number, and enough for this network.
        #expect(try #require(SystemMemory.availableByteCount) > needed)
    }

    @Test func refusesOtherStems() throws {
        let deep = ConvNetFixture.basic.refusal {
            $0["conv1.0.weight"] = try ConvNetFixture.tensor("conv1.0.weight", [32, 3, 3, 3])
            $0["conv1.weight"] = nil
        }
        #expect(deep?.code == .unsupportedArchitecture)
        #expect(deep?.message.contains("resnet50d") == true)
        let tiny = ConvNetFixture.basic.refusal {
            $0["conv1.weight"] = try ConvNetFixture.tensor("conv1.weight", [64, 3, 3, 3])
        }
        #expect(tiny?.code == .unsupportedArchitecture)
    }

    @Test func checksTheVariant() throws {
        let unknown = ConvNetFixture.basic.refusal(options: NetworkOptions(variant: "resnet51"))
        #expect(unknown?.code == .unsupportedArchitecture)
        #expect(unknown?.message.contains("resnet101, resnet152, resnet18, resnet34, resnet50") == true)
        let other = ConvNetFixture.basic.refusal(options: NetworkOptions(variant: "resnet18"))
        #expect(other?.code == .unexpectedTensors)
        #expect(other?.message.contains("[2, 1, 2, 1] blocks of two") == true)
    }

    @Test func hasNoClassToken() {
        let error = ConvNetFixture.basic.refusal(options: NetworkOptions(pooling: .cls))
        #expect(error?.code == .unsupportedArchitecture)
    }
}
