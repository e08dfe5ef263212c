import SemblanceCore

/// Vision transformers without text: DINOv2 under Hugging Face's names, and what has timm's names, which are those of
/// DINOv2's own code, too.
///
/// The embedding is the class token after the last normalisation, or with `pooling: mean` the mean of the patches'.
/// Depth, widths, patch and picture size are read off the tensors' shapes; attention heads, which no tensor reveals, are
/// 64 wide unless the options say otherwise.
///
/// Sources: Dosovitskiy et al., "An Image Is Worth 16×16 Words" (2021); Oquab et al., "DINOv2: Learning Robust Visual
/// Features without Supervision" (2023); Darcet et al., "Vision Transformers Need Registers" (2024).
package struct ViT: Architecture {
    package static let family = "vit"
    package static let revision = 1

    let image: VisionTransformer
    let pooling: NetworkOptions.Pooling
    /// Whether the publisher reads pictures of other sizes than it trained with, and how is known exactly.
    let fitsOtherSizes: Bool
    let others: [ExpectedTensor]

    package var dimension: Int { image.width }

    /// DINOv2's publisher trains with 518 pixels and embeds 224 of 256; other networks read what they were trained with.
    package var preprocessing: Preprocessing {
        guard fitsOtherSizes, 224.isMultiple(of: image.patch), image.size >= 224 else {
            return Self.preprocessing(size: image.size, resizeTo: nil)
        }
        return Self.preprocessing(size: 224, resizeTo: 256)
    }

    package static func preprocessing(options: NetworkOptions) -> Preprocessing {
        preprocessing(size: 224, resizeTo: 256)
    }

    private static func preprocessing(size: Int, resizeTo: Int?) -> Preprocessing {
        Preprocessing(
            size: size, fit: .crop, resizeTo: resizeTo, filter: .bicubic,
            mean: [0.485, 0.456, 0.406].map { Float($0 * 255) },
            deviation: [0.229, 0.224, 0.225].map { Float($0 * 255) })
    }

    package var expectedTensors: [ExpectedTensor] { image.expectedTensors + others }
}

// MARK: - Recognition

extension ViT {
    package static func recognise(_ checkpoint: Checkpoint, options: NetworkOptions) throws(ModelError) -> ViT? {
        let isHuggingFace = checkpoint["embeddings.cls_token"] != nil
        let registers = checkpoint["register_tokens"] == nil ? "reg_token" : "register_tokens"
        let names = isHuggingFace ? VisionTransformer.Names.dinov2 : .timm(registers: registers)
        guard checkpoint[names.classToken] != nil else { return nil }
        let stack = try TransformerStack(
            names.layers, in: checkpoint, activation: options.activation ?? .gelu, epsilon: 1e-6,
            headWidth: { _ in options.headWidth ?? 64 })
        guard let image = try VisionTransformer(names, stack: stack, in: checkpoint) else { return nil }
        let pooling = options.pooling ?? .cls
        guard pooling != .gem else {
            throw ModelError(
                .unsupportedArchitecture, "A vision transformer is pooled by 'cls' or 'mean', not by 'gem'.")
        }
        return ViT(
            image: image, pooling: pooling, fitsOtherSizes: isHuggingFace,
            others: others(in: checkpoint, width: image.width, isHuggingFace: isHuggingFace))
    }

    /// A token that only training needs, and a classifier.
    private static func others(in checkpoint: Checkpoint, width: Int, isHuggingFace: Bool) -> [ExpectedTensor] {
        let mask = isHuggingFace ? "embeddings.mask_token" : "mask_token"
        let classCount = checkpoint["head.weight"]?.shape.first ?? 0
        return [ExpectedTensor(mask, [1, width], isOptional: true)]
            + (isHuggingFace
                ? []
                : [
                    ExpectedTensor("head.weight", [classCount, width], isOptional: true),
                    ExpectedTensor("head.bias", [classCount], isOptional: true),
                ])
    }
}

// MARK: - Graph

extension ViT {
    package func graph(from weights: StateDict, size: Int) throws(ModelError) -> ONNXGraph {
        guard size == image.size || (fitsOtherSizes && size.isMultiple(of: image.patch)) else {
            let choice = fitsOtherSizes ? "a multiple of \(image.patch)" : "\(image.size)"
            throw ModelError(
                .invalidManifest,
                "This network reads pictures of \(choice) pixels a side, not \(size). Correct 'size'.")
        }
        var graph = ONNXGraph(name: Self.family, input: "pixels", shape: [nil, 3, size, size])
        let grid = size / image.patch
        let tokens = try image.add(to: &graph, grid: grid, keepsFirstOnly: pooling == .cls, from: weights)
        let embedding =
            pooling == .cls
            ? graph.flatten(tokens)
            : graph.meanOfTokens(
                graph.tokens(image.prefixCount..<(image.prefixCount + grid * grid), of: tokens))
        graph.output(embedding, dimension: dimension)
        return graph
    }
}

// MARK: - Names

extension VisionTransformer.Names {
    /// DINOv2 on Hugging Face.
    static let dinov2 = Self(
        patches: "embeddings.patch_embeddings.projection", classToken: "embeddings.cls_token",
        registers: "embeddings.register_tokens", positions: "embeddings.position_embeddings", normBefore: nil,
        normAfter: "layernorm", leadingOnes: 1,
        layers: TransformerStack.Names(
            layers: "encoder.layer", attentionNorm: "norm1",
            projections: .separate(
                query: "attention.attention.query", key: "attention.attention.key",
                value: "attention.attention.value"),
            attentionOutput: "attention.output.dense", attentionScale: "layer_scale1.lambda1",
            feedForwardNorm: "norm2", expansion: "mlp.fc1", contraction: "mlp.fc2",
            feedForwardScale: "layer_scale2.lambda1"))

    /// timm and DINOv2's own code, which differ in the name of the registers.
    static func timm(registers: String) -> Self {
        Self(
            patches: "patch_embed.proj", classToken: "cls_token", registers: registers, positions: "pos_embed",
            normBefore: nil, normAfter: "norm", leadingOnes: 1,
            layers: TransformerStack.Names(
                layers: "blocks", attentionNorm: "norm1",
                projections: .joined(weight: "attn.qkv.weight", bias: "attn.qkv.bias"),
                attentionOutput: "attn.proj", attentionScale: "ls1.gamma", feedForwardNorm: "norm2",
                expansion: "mlp.fc1", contraction: "mlp.fc2", feedForwardScale: "ls2.gamma"))
    }
}
