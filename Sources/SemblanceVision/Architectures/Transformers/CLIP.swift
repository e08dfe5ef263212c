import SemblanceCore

/// CLIP with a vision transformer: images and texts in one space.
///
/// Reads OpenCLIP's tensor names, which are OpenAI's, and those of Hugging Face's `CLIPModel`. Depth, widths, patch,
/// picture size and context length are read off the tensors' shapes. No tensor reveals the attention heads, nor the
/// nonlinearity: heads are 64 wide unless the options say otherwise or the width is one of those that OpenCLIP publishes
/// with other heads, and the nonlinearity is GELU unless the options say `quick_gelu`.
///
/// Sources: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021); Cherti et
/// al., "Reproducible Scaling Laws for Contrastive Language-Image Learning" (2023).
package struct CLIP: Architecture {
    /// The name that the prototype's configuration has for it.
    package static let family = "openclip"
    package static let revision = 1

    let image: VisionTransformer
    let text: TextTransformer?
    let projection: Projection
    /// What a checkpoint may hold besides.
    let others: [ExpectedTensor]

    package var dimension: Int { projection.outputs }
    package var preprocessing: Preprocessing { Self.preprocessing(size: image.size) }
    package var hasTextTower: Bool { text != nil }

    /// As OpenCLIP prepares pictures: shorter side to the model's size, bicubic, then the centre.
    package static func preprocessing(options: NetworkOptions) -> Preprocessing { preprocessing(size: 224) }

    private static func preprocessing(size: Int) -> Preprocessing {
        Preprocessing(
            size: size, fit: .crop, filter: .bicubic,
            mean: [0.48145466, 0.4578275, 0.40821073].map { Float($0 * 255) },
            deviation: [0.26862954, 0.26130258, 0.27577711].map { Float($0 * 255) })
    }

    package var expectedTensors: [ExpectedTensor] {
        image.expectedTensors + projection.expectedTensors + (text?.expectedTensors ?? []) + others
    }
}

// MARK: - Recognition

extension CLIP {
    package static func recognise(_ checkpoint: Checkpoint, options: NetworkOptions) throws(ModelError) -> CLIP? {
        let naming: Naming
        if checkpoint["visual.class_embedding"] != nil {
            naming = .openCLIP(textPrefix: checkpoint["text.token_embedding.weight"] == nil ? "" : "text.")
        } else if checkpoint["vision_model.embeddings.class_embedding"] != nil {
            naming = .huggingFace
        } else {
            return nil
        }
        guard options.pooling ?? .cls == .cls else {
            throw ModelError(
                .unsupportedArchitecture, "CLIP's embedding is its class token's: expected pooling 'cls' or none.")
        }
        return try CLIP(naming, in: checkpoint, options: options)
    }

    private init?(_ naming: Naming, in checkpoint: Checkpoint, options: NetworkOptions) throws(ModelError) {
        let activation = options.activation ?? .gelu
        let imageStack = try TransformerStack(
            naming.image.layers, in: checkpoint, activation: activation, epsilon: Self.epsilon,
            headWidth: { options.headWidth ?? Self.imageHeadWidths[$0] ?? 64 })
        let textStack = try TransformerStack(
            naming.text.layers, in: checkpoint, activation: activation, epsilon: Self.epsilon, isCausal: true,
            headWidth: { _ in options.headWidth ?? 64 })
        guard let image = try VisionTransformer(naming.image, stack: imageStack, in: checkpoint),
            let projection = Projection(naming.imageProjection, isByInputs: naming.isByInputs, in: checkpoint)
        else { return nil }
        self.image = image
        self.projection = projection
        text = TextTransformer(
            naming.text, stack: textStack,
            projection: Projection(naming.textProjection, isByInputs: naming.isByInputs, in: checkpoint),
            in: checkpoint)
        others = naming.others(placeCount: image.placeCount, contextLength: text?.contextLength)
    }

    private static let epsilon: Float = 1e-5

    /// The widths of OpenCLIP's ViT-H, -g and -bigG, whose heads are not 64 wide.
    private static let imageHeadWidths = [1280: 80, 1408: 88, 1664: 104]
}

// MARK: - Graphs

extension CLIP {
    package func graph(from weights: StateDict, size: Int) throws(ModelError) -> ONNXGraph {
        guard size == image.size else {
            throw ModelError(
                .invalidManifest,
                "This CLIP reads pictures of \(image.size) pixels a side, not \(size). Correct 'size'.")
        }
        var graph = ONNXGraph(name: Self.family, input: "pixels", shape: [nil, 3, size, size])
        let token = try image.add(to: &graph, grid: image.grid, keepsFirstOnly: true, from: weights)
        graph.output(
            graph.flatten(try projection.add(to: &graph, after: token, from: weights)), dimension: dimension)
        return graph
    }

    package func textTower(from weights: StateDict) throws(ModelError) -> TextTower? {
        guard let text else { return nil }
        guard text.projection.outputs == dimension else {
            throw ModelError(
                .unexpectedTensors,
                "The texts' embeddings have \(text.projection.outputs) components, the images' \(dimension).")
        }
        return try text.tower(from: weights)
    }
}
