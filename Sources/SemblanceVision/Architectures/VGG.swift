import SemblanceCore

/// VGG: convolutions of 3 × 3 with a maximum pool after every few, then fully connected layers; with or without batch
/// normalisation.
///
/// Depth and widths are read off the tensors, and where the pools are off the gaps in their numbers. The embedding is
/// the second fully connected layer after its activation (4096 components in the published networks), or, with a
/// pooling, the last convolution's features pooled: `gem` as in image retrieval, or `mean` (512 components).
///
/// Tensor names are torchvision's: `features.N`, `classifier.N`.
///
/// Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2014).
package struct VGG: Architecture {
    package static let family = "vgg"
    package static let revision = 1

    /// A convolution, and what follows it before the next.
    package struct Layer: Hashable, Sendable {
        /// Its place in torchvision's `features`.
        let number: Int
        let inputs: Int
        let outputs: Int
        /// Whether a maximum pool of 2 × 2 follows.
        package internal(set) var isPooled = false
    }

    package let layers: [Layer]
    package let isNormalised: Bool
    /// `nil` for the fully connected layers.
    package let pooling: NetworkOptions.Pooling?
    /// Outputs of the first and second fully connected layer; 0 where the checkpoint has none.
    let hiddenWidths: [Int]
    /// The classifier, and with a pooling all fully connected layers.
    let unread: [ExpectedTensor]

    package var dimension: Int { pooling == nil ? hiddenWidths[1] : layers.last?.outputs ?? 0 }

    /// Convolutions by the publisher's names; `_bn` follows for batch normalisation.
    private static let variants = ["vgg11": 8, "vgg13": 10, "vgg16": 13, "vgg19": 16]

    package static func preprocessing(options: NetworkOptions) -> Preprocessing { .torchVision }

    package var preprocessing: Preprocessing { .torchVision }
}

// MARK: - Recognition

extension VGG {
    package static func recognise(_ checkpoint: Checkpoint, options: NetworkOptions) throws(ModelError) -> Self? {
        // SqueezeNet, AlexNet and MobileNet have 'features', too, but other parts in it.
        guard let first = checkpoint["features.0.weight"]?.shape, first.count == 4, first[1...] == [3, 3, 3],
            checkpoint["features.0.bias"] != nil, numbers(in: checkpoint) != nil
        else { return nil }
        let isNormalised = checkpoint["features.1.running_var"] != nil
        let network = Self(
            layers: try layers(of: checkpoint, isNormalised: isNormalised), isNormalised: isNormalised,
            pooling: options.pooling == nil ? nil : try options.pooling(ofFamily: family),
            hiddenWidths: ["classifier.0.weight", "classifier.3.weight"].map { checkpoint[$0]?.shape.first ?? 0 },
            unread: checkpoint.unread(unreadNames(pooling: options.pooling)))
        try network.check(variant: options.variant, of: checkpoint)
        return network
    }

    /// The numbers under `features`; `nil` if a name there has more parts than a number and a tensor's.
    private static func numbers(in checkpoint: Checkpoint) -> Set<Int>? {
        var numbers: Set<Int> = []
        for name in checkpoint.tensors.keys where name.hasPrefix("features.") {
            let parts = name.split(separator: ".")
            guard parts.count == 3, let number = Int(parts[1]) else { return nil }
            numbers.insert(number)
        }
        return numbers
    }

    private static func unreadNames(pooling: NetworkOptions.Pooling?) -> [String] {
        (pooling == nil ? [6] : [0, 3, 6]).flatMap { ["classifier.\($0).weight", "classifier.\($0).bias"] }
    }

    /// Between two convolutions are the normalisation, the activation and the pool, each with a number of its own.
    private static func layers(of checkpoint: Checkpoint, isNormalised: Bool) throws(ModelError) -> [Layer] {
        let step = isNormalised ? 3 : 2
        var layers: [Layer] = []
        for number in (numbers(in: checkpoint) ?? []).sorted() {
            // A normalisation's weights have one dimension.
            guard checkpoint["features.\(number).weight"]?.shape.count == 4,
                let shape = try checkpoint.convolutionShape("features.\(number)")
            else { continue }
            if let last = layers.last {
                guard (step...(step + 1)).contains(number - last.number) else {
                    throw ModelError(
                        .unexpectedTensors,
                        "The weights in '\(checkpoint.fileName)' are no VGG: expected the convolution after "
                            + "'features.\(last.number)' at 'features.\(last.number + step)' or, behind a pool, "
                            + "'features.\(last.number + step + 1)', not at 'features.\(number)'.")
                }
                layers[layers.count - 1].isPooled = number - last.number > step
            }
            layers.append(Layer(number: number, inputs: layers.last?.outputs ?? 3, outputs: shape[0]))
        }
        layers[layers.count - 1].isPooled = true
        return layers
    }

    private func check(variant: String?, of checkpoint: Checkpoint) throws(ModelError) {
        guard let variant else { return }
        let plain = variant.hasSuffix("_bn") ? String(variant.dropLast(3)) : variant
        guard let depth = Self.variants[plain] else {
            throw ModelError(
                .unsupportedArchitecture,
                "VGG has no variant '\(variant)'. Expected one of "
                    + Self.variants.keys.sorted().joined(separator: ", ") + ", with '_bn' or without, or none.")
        }
        guard depth == layers.count, isNormalised == (plain != variant) else {
            throw ModelError(
                .unexpectedTensors,
                "The weights in '\(checkpoint.fileName)' are no \(variant): they have \(layers.count) convolutions "
                    + "\(isNormalised ? "with" : "without") batch normalisation.")
        }
    }
}
