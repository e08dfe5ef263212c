import SemblanceCore
import SemblanceVision
import Testing

/// A checkpoint whose tensors a test changes before a network is built from it.
struct ConvNetFixture {
    let family: any Architecture.Type
    let file: String

    static let basic = ConvNetFixture(family: ResNet.self, file: "narrow-resnet-basic.pth")
    static let bottleneck = ConvNetFixture(family: ResNet.self, file: "narrow-resnet-bottleneck.safetensors")
    static let vgg = ConvNetFixture(family: VGG.self, file: "narrow-vgg.pth")
    static let normedVGG = ConvNetFixture(family: VGG.self, file: "narrow-vgg-bn.safetensors")

    func checkpoint() throws -> Checkpoint {
        try Checkpoint.open(ModelFixture.folder.appendingPathComponent(file).path)
    }

    func build(
        options: NetworkOptions = NetworkOptions(), size: Int = 64,
        _ change: (inout [String: CheckpointTensor]) throws -> Void = { _ in }
    ) throws {
        var tensors = try checkpoint().tensors
        try change(&tensors)
        let changed = Checkpoint(fileName: file, tensors: tensors)
        let network = try #require(try family.recognise(changed, options: options))
        _ = try network.graph(from: changed, size: size).serialised()
    }

    func refusal(
        options: NetworkOptions = NetworkOptions(), size: Int = 64,
        _ change: (inout [String: CheckpointTensor]) throws -> Void = { _ in }
    ) -> ModelError? {
        #expect(throws: ModelError.self) { try build(options: options, size: size, change) }
    }

    /// A tensor of one value.
    static func tensor(_ name: String, _ shape: [Int], of value: Float = 0.5) throws -> CheckpointTensor {
        let values = [Float](repeating: value, count: shape.reduce(1, *))
        let bytes = values.withUnsafeBytes { Array($0) }
        return try CheckpointTensor(
            name: name, shape: shape, elementType: .float32, storage: 0..<bytes.count,
            file: CheckpointFile(bytes, name: "test"))
    }
}
