import SemblanceCore
import SemblanceVision
import Testing

@Suite struct VGGTests {
    private func network(_ fixture: ConvNetFixture, pooling: NetworkOptions.Pooling? = nil) throws -> VGG {
        try #require(try VGG.recognise(fixture.checkpoint(), options: NetworkOptions(pooling: pooling)))
    }

    @Test func readsDepthWidthAndPoolsOffTheTensors() throws {
        for (fixture, isNormalised) in [(ConvNetFixture.vgg, false), (.normedVGG, true)] {
            let network = try network(fixture)
            #expect(network.isNormalised == isNormalised)
            #expect(network.layers.count == 8)
            #expect(network.layers.map(\.isPooled) == [true, true, false, true, false, true, false, true])
            #expect(network.dimension == 32)
        }
    }

    @Test func offersTheLastFeaturesInstead() throws {
        #expect(try network(.vgg, pooling: .gem).dimension == 12)
        #expect(try network(.vgg, pooling: .mean).dimension == 12)
        // They need no fully connected layers, and do not mind those that are there.
        for kept in [nil, "classifier.3.weight"] {
            try ConvNetFixture.vgg.build(options: NetworkOptions(pooling: .gem)) { tensors in
                tensors = tensors.filter { !$0.key.hasPrefix("classifier.") || $0.key == kept }
            }
        }
        #expect(
            ConvNetFixture.vgg.refusal(options: NetworkOptions(pooling: .cls))?.code == .unsupportedArchitecture)
    }

    @Test func namesMissingTensors() {
        for name in ["features.3.bias", "classifier.0.weight", "classifier.3.bias"] {
            let error = ConvNetFixture.vgg.refusal(size: 224) { $0[name] = nil }
            #expect(error?.code == .unexpectedTensors)
            #expect(error?.message.contains("'\(name)' is missing") == true, "\(error?.message ?? "")")
        }
        let error = ConvNetFixture.normedVGG.refusal(size: 224) { $0["features.5.running_mean"] = nil }
        #expect(error?.message.contains("'features.5.running_mean' is missing") == true)
    }

    @Test func namesTensorsThatDoNotBelong() throws {
        let error = ConvNetFixture.vgg.refusal(size: 224) {
            $0["classifier.7.weight"] = try ConvNetFixture.tensor("classifier.7.weight", [2])
        }
        #expect(error?.message.contains("'classifier.7.weight' is not expected") == true)
    }

    @Test func namesAConvolutionAtAPlaceThatVGGHasNot() throws {
        let error = ConvNetFixture.vgg.refusal {
            $0["features.3.weight"] = nil
            $0["features.3.bias"] = nil
        }
        #expect(error?.code == .unexpectedTensors)
        #expect(error?.message.contains("not at 'features.6'") == true)
    }

    @Test func namesFullyConnectedLayersOfAnotherWidth() throws {
        let error = ConvNetFixture.vgg.refusal(size: 224) {
            $0["classifier.0.weight"] = try ConvNetFixture.tensor("classifier.0.weight", [32, 12])
        }
        #expect(error?.message.contains("'classifier.0.weight' has the shape [32, 12], expected [32, 588]") == true)
    }

    @Test func refusesPicturesThatThePoolsUseUp() {
        let error = ConvNetFixture.vgg.refusal(size: 31)
        #expect(error?.code == .unsupportedArchitecture)
        #expect(error?.message.contains("at least 32 pixels") == true)
    }

    /// SqueezeNet's, AlexNet's and MobileNet's first tensors are under `features`, too.
    @Test func doesNotKnowOtherFamilies() throws {
        #expect(try VGG.recognise(ConvNetFixture.basic.checkpoint(), options: NetworkOptions()) == nil)
        for (name, shape) in [("features.3.squeeze.weight", [4, 4, 1, 1]), ("features.0.0.weight", [4, 3, 3, 3])] {
            var tensors = try ConvNetFixture.vgg.checkpoint().tensors
            tensors[name] = try ConvNetFixture.tensor(name, shape)
            let other = Checkpoint(fileName: "other.pth", tensors: tensors)
            #expect(try VGG.recognise(other, options: NetworkOptions()) == nil, "\(name)")
        }
        var tensors = try ConvNetFixture.vgg.checkpoint().tensors
        tensors["features.0.weight"] = try ConvNetFixture.tensor("features.0.weight", [4, 3, 11, 11])
        let alexNet = Checkpoint(fileName: "other.pth", tensors: tensors)
        #expect(try VGG.recognise(alexNet, options: NetworkOptions()) == nil)
    }

    @Test func checksTheVariant() throws {
        try ConvNetFixture.vgg.build(options: NetworkOptions(variant: "vgg11"), size: 224)
        try ConvNetFixture.normedVGG.build(options: NetworkOptions(variant: "vgg11_bn"), size: 224)
        for variant in ["vgg16", "vgg11_bn"] {
            let error = ConvNetFixture.vgg.refusal(options: NetworkOptions(variant: variant))
            #expect(error?.code == .unexpectedTensors)
            #expect(error?.message.contains("8 convolutions without") == true)
        }
        let unknown = ConvNetFixture.vgg.refusal(options: NetworkOptions(variant: "vgg12"))
        #expect(unknown?.message.contains("vgg11, vgg13, vgg16, vgg19") == true)
    }
}
