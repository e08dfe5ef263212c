import SemblanceCore

/// ResNet: stages of residual blocks, of two convolutions each (ResNet-18 and 34) or of three (50, 101 and 152).
///
/// Depth, widths, groups and the kind of block are read off the tensors' shapes, so that wide, narrow and grouped
/// (ResNeXt) relatives load as well. The embedding is the mean over the last features, before the classifier.
///
/// Tensor names are torchvision's, and timm's, which are the same. The stride of a bottleneck is in its middle
/// convolution, as in both ("ResNet v1.5").
///
/// Source: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2015).
package struct ResNet: Architecture {
    package static let family = "resnet"
    package static let revision = 1

    /// One residual block.
    package struct Block: Hashable, Sendable {
        /// The tensors' prefix, such as `layer1.0`.
        let name: String
        let inputs: Int
        /// Channels inside: after the first convolution, and, in a bottleneck, after the second.
        let width: Int
        let outputs: Int
        let stride: Int
        let isBottleneck: Bool
        /// Groups of the middle convolution.
        let groups: Int
    }

    /// The blocks of each of the four stages.
    package let stages: [[Block]]
    /// Channels after the first convolution.
    package let stemWidth: Int
    package let pooling: NetworkOptions.Pooling
    /// The classifier.
    let unread: [ExpectedTensor]

    package var dimension: Int { stages.last?.last?.outputs ?? 0 }

    /// Blocks of each stage, by the publishers' names.
    private static let variants: [String: [Int]] = [
        "resnet18": [2, 2, 2, 2], "resnet34": [3, 4, 6, 3], "resnet50": [3, 4, 6, 3], "resnet101": [3, 4, 23, 3],
        "resnet152": [3, 8, 36, 3],
    ]

    package static func preprocessing(options: NetworkOptions) -> Preprocessing { .torchVision }

    package var preprocessing: Preprocessing { .torchVision }
}

// MARK: - Recognition

extension ResNet {
    package static func recognise(_ checkpoint: Checkpoint, options: NetworkOptions) throws(ModelError) -> Self? {
        guard checkpoint["layer1.0.conv1.weight"] != nil, checkpoint["bn1.weight"] != nil else { return nil }
        guard let stem = try checkpoint.convolutionShape("conv1"), stem[2...] == [7, 7] else {
            throw ModelError(
                .unsupportedArchitecture,
                "The ResNet in '\(checkpoint.fileName)' begins otherwise than with one convolution of 7 × 7, 'conv1': "
                    + "timm's deep stems (resnet50d and others) and networks for tiny pictures cannot be loaded.")
        }
        var stages: [[Block]] = []
        var width = stem[0]
        for number in 1...4 {
            let blocks = try blocks(ofStage: number, inputs: width, in: checkpoint)
            width = blocks.last?.outputs ?? width
            stages.append(blocks)
        }
        let network = Self(
            stages: stages, stemWidth: stem[0], pooling: try options.pooling(ofFamily: family),
            unread: checkpoint.unread(["fc.weight", "fc.bias"]))
        try network.check(variant: options.variant, of: checkpoint)
        return network
    }

    private static func blocks(
        ofStage number: Int, inputs: Int, in checkpoint: Checkpoint
    ) throws(ModelError) -> [Block] {
        var blocks: [Block] = []
        while let block = try block(
            "layer\(number).\(blocks.count)", inputs: blocks.last?.outputs ?? inputs,
            stride: number > 1 && blocks.isEmpty ? 2 : 1, in: checkpoint)
        {
            blocks.append(block)
        }
        guard !blocks.isEmpty else { throw missing("layer\(number).0.conv1.weight", in: checkpoint) }
        return blocks
    }

    private static func missing(_ name: String, in checkpoint: Checkpoint) -> ModelError {
        ModelError(
            .unexpectedTensors, "The weights in '\(checkpoint.fileName)' are no whole ResNet: '\(name)' is missing.")
    }

    private static func block(
        _ name: String, inputs: Int, stride: Int, in checkpoint: Checkpoint
    ) throws(ModelError) -> Block? {
        guard let first = try checkpoint.convolutionShape("\(name).conv1") else { return nil }
        guard let second = try checkpoint.convolutionShape("\(name).conv2") else {
            throw missing("\(name).conv2.weight", in: checkpoint)
        }
        let third = try checkpoint.convolutionShape("\(name).conv3")
        // A group that does not divide the width is named when the shapes are compared.
        let groups = third == nil ? 1 : max(1, first[0] / second[1])
        return Block(
            name: name, inputs: inputs, width: first[0], outputs: third?[0] ?? second[0], stride: stride,
            isBottleneck: third != nil, groups: groups)
    }

    private func check(variant: String?, of checkpoint: Checkpoint) throws(ModelError) {
        guard let variant else { return }
        guard let depths = Self.variants[variant] else {
            throw ModelError(
                .unsupportedArchitecture,
                "ResNet has no variant '\(variant)'. Expected one of "
                    + Self.variants.keys.sorted().joined(separator: ", ") + ", or none.")
        }
        let hasBottlenecks = stages.allSatisfy { $0.allSatisfy(\.isBottleneck) }
        guard stages.map(\.count) == depths, hasBottlenecks == (depths.reduce(0, +) > 8 && variant != "resnet34") else {
            throw ModelError(
                .unexpectedTensors,
                "The weights in '\(checkpoint.fileName)' are no \(variant): they have \(stages.map(\.count)) blocks of "
                    + "\(hasBottlenecks ? "three" : "two") convolutions.")
        }
    }
}
