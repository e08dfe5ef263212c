import SemblanceCore

extension ModelManifest {
    /// CLIP with both towers: images and texts.
    static let clip: [ModelManifest] = [
        clipModel(
            "clip-vit-b32-laion2b", names: ["openclip_1"],
            url:
                "https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K/resolve/main/open_clip_model.safetensors",
            summary: "OpenCLIP ViT-B/32, trained on LAION-2B (laion2b_s34b_b79k): products, scenes, words."),
        clipModel(
            "clip-vit-b32-openai", activation: .quickGELU,
            url: "https://huggingface.co/timm/vit_base_patch32_clip_224.openai/resolve/"
                + "a6f597a30f7b82c51704746581f9a4e41421e878/open_clip_model.safetensors",
            hash: "e6d1bd7789aa45192b3bf90570a789b478bae1b74ebcce7eddd908e83a2b7c31",
            summary: "CLIP ViT-B/32 with OpenAI's own weights."),
        // Its publisher's configuration has quick_gelu, though it began from weights that were trained with gelu.
        clipModel(
            "fashion-clip", names: ["fashion_clip_1"], activation: .quickGELU,
            url: "https://huggingface.co/patrickjohncyh/fashion-clip/resolve/main/pytorch_model.bin",
            hash: "5adfac18a5eda0d68c975b9ddebc219836ca0280b37a1d0dd4e44725193a10b8",
            summary: "FashionCLIP 2.0: CLIP ViT-B/32 taught with 800,000 fashion products."),
    ]

    private static func clipModel(
        _ modelID: String, names: [String] = [], activation: NetworkOptions.Activation? = nil, url: String,
        hash: String? = nil, summary: String
    ) -> ModelManifest {
        ModelManifest(
            modelID: modelID, names: names, family: CLIP.family, options: NetworkOptions(activation: activation),
            source: .hub(HubFile(url: url)), fileHash: hash.map(ContentHash.builtIn), byteCount: 605_000_000,
            dimension: 512, licence: "MIT", summary: summary,
            preprocessing: Preprocessing(
                size: 224, fit: .crop, filter: .bicubic,
                mean: [0.48145466, 0.4578275, 0.40821073].map { Float($0 * 255) },
                deviation: [0.26862954, 0.26130258, 0.27577711].map { Float($0 * 255) }),
            tokenizer: .clip)
    }

    /// Vision transformers as ONNX files: images only.
    static let transformers: [ModelManifest] = [
        ModelManifest(
            modelID: "siglip2-base", family: ONNXImageModel.family, options: NetworkOptions(output: "pooler_output"),
            source: .hub(
                HubFile(
                    url: "https://huggingface.co/onnx-community/siglip2-base-patch16-224-ONNX/resolve/"
                        + "ba1f3b0843f24bc5417d38e19c37b287d719b2f4/onnx/vision_model.onnx")),
            fileHash: .builtIn("c0573e3f4140c3a7c4e9cc5912bd6b26a033b46a6a8e8af26cbea262b163bcad"),
            byteCount: 371_807_752, dimension: 768, licence: "Apache-2.0",
            summary: "SigLIP 2 B/16, the image tower: products and scenes; 93 million parameters.",
            preprocessing: Preprocessing(
                size: 224, fit: .stretch, filter: .bilinear, mean: [127.5, 127.5, 127.5],
                deviation: [127.5, 127.5, 127.5])),
        dinov2Model(
            "dinov2-small-int8",
            url: "https://huggingface.co/onnx-community/dinov2-small/resolve/"
                + "8b1f705a3a7f6f062f6bdd21986c1583d3ef105d/onnx/model_quantized.onnx",
            hash: "c179f8f7f592449c4c1bca4cd124a7538021428c5ffb89afde9503935b197efb", byteCount: 24_446_700,
            dimension: 384, summary: "DINOv2 S/14 in int8: fine differences between objects; 22 million parameters."),
        dinov2Model(
            "dinov2-base",
            url: "https://huggingface.co/Xenova/dinov2-base/resolve/"
                + "d623d125a29e343851bcedff293fdc8b6bda292b/onnx/model.onnx",
            hash: "de9c675d214f0171285f90f1d1d7716bce1c5e280e93826d071d57f7b9314d98", byteCount: 346_555_570,
            dimension: 768, summary: "DINOv2 B/14: fine differences, places; 87 million parameters."),
    ]

    private static func dinov2Model(
        _ modelID: String, url: String, hash: String, byteCount: Int64, dimension: Int, summary: String
    ) -> ModelManifest {
        ModelManifest(
            modelID: modelID, family: ONNXImageModel.family,
            options: NetworkOptions(pooling: .cls, output: "last_hidden_state"), source: .hub(HubFile(url: url)),
            fileHash: .builtIn(hash), byteCount: byteCount, dimension: dimension, licence: "Apache-2.0",
            summary: summary, preprocessing: imageNet(resizeTo: 256, filter: .bicubic))
    }
}
