extension CLIP {
    /// What a publisher calls CLIP's tensors.
    struct Naming: Hashable, Sendable {
        let image: VisionTransformer.Names
        let text: TextTransformer.Names
        let imageProjection: String
        let textProjection: String
        /// How both projections lie in their tensors.
        let isByInputs: Bool
        /// Whether places are numbered by tensors of their own, as older versions of Hugging Face's package save them.
        let hasPlaceNumbers: Bool

        /// Tensors that a checkpoint may hold and that no embedding needs.
        func others(placeCount: Int, contextLength: Int?) -> [ExpectedTensor] {
            var tensors = [
                ExpectedTensor("logit_scale", [], isOptional: true),
                ExpectedTensor("logit_bias", [], isOptional: true),
            ]
            guard hasPlaceNumbers else { return tensors }
            tensors.append(
                ExpectedTensor("vision_model.embeddings.position_ids", [1, placeCount], isOptional: true))
            if let contextLength {
                tensors.append(
                    ExpectedTensor("text_model.embeddings.position_ids", [1, contextLength], isOptional: true))
            }
            return tensors
        }
    }
}

extension CLIP.Naming {
    /// OpenCLIP's names, and OpenAI's.
    /// - Parameter textPrefix: what comes before the text tower's names; OpenCLIP's models with a text tower of another
    ///   make have `text.`.
    static func openCLIP(textPrefix: String) -> Self {
        CLIP.Naming(
            image: VisionTransformer.Names(
                patches: "visual.conv1", classToken: "visual.class_embedding",
                positions: "visual.positional_embedding", normBefore: "visual.ln_pre", normAfter: "visual.ln_post",
                leadingOnes: 0, layers: .openCLIP("visual.transformer.resblocks")),
            text: TextTransformer.Names(
                tokens: "\(textPrefix)token_embedding.weight", positions: "\(textPrefix)positional_embedding",
                normAfter: "\(textPrefix)ln_final", layers: .openCLIP("\(textPrefix)transformer.resblocks")),
            imageProjection: "visual.proj", textProjection: "\(textPrefix)text_projection", isByInputs: true,
            hasPlaceNumbers: false)
    }

    /// Those of Hugging Face's `CLIPModel`.
    static let huggingFace = CLIP.Naming(
        image: VisionTransformer.Names(
            patches: "vision_model.embeddings.patch_embedding", classToken: "vision_model.embeddings.class_embedding",
            positions: "vision_model.embeddings.position_embedding.weight",
            // Spelt so by the publisher.
            normBefore: "vision_model.pre_layrnorm", normAfter: "vision_model.post_layernorm", leadingOnes: 0,
            layers: .huggingFaceCLIP("vision_model.encoder.layers")),
        text: TextTransformer.Names(
            tokens: "text_model.embeddings.token_embedding.weight",
            positions: "text_model.embeddings.position_embedding.weight", normAfter: "text_model.final_layer_norm",
            layers: .huggingFaceCLIP("text_model.encoder.layers")),
        imageProjection: "visual_projection.weight", textProjection: "text_projection.weight", isByInputs: false,
        hasPlaceNumbers: true)
}

extension TransformerStack.Names {
    static func openCLIP(_ layers: String) -> Self {
        Self(
            layers: layers, attentionNorm: "ln_1",
            projections: .joined(weight: "attn.in_proj_weight", bias: "attn.in_proj_bias"),
            attentionOutput: "attn.out_proj", attentionScale: "ls_1.gamma", feedForwardNorm: "ln_2",
            expansion: "mlp.c_fc", contraction: "mlp.c_proj", feedForwardScale: "ls_2.gamma")
    }

    static func huggingFaceCLIP(_ layers: String) -> Self {
        Self(
            layers: layers, attentionNorm: "layer_norm1",
            projections: .separate(query: "self_attn.q_proj", key: "self_attn.k_proj", value: "self_attn.v_proj"),
            attentionOutput: "self_attn.out_proj", attentionScale: nil, feedForwardNorm: "layer_norm2",
            expansion: "mlp.fc1", contraction: "mlp.fc2", feedForwardScale: nil)
    }
}
