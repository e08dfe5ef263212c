import SemblanceCore

/// What the original prototype's configuration called publishers' models, in terms of the built-in ones.
///
/// It named torchvision's networks by type and subtype, with no path, and OpenCLIP's by name and tag. EfficientNet-Lite,
/// which it did not know, is named like torchvision's.
enum PublishedModels {
    static let clipFamily = CLIP.family

    /// - Parameters:
    ///   - name: `model_path`: an OpenCLIP name such as `ViT-B-32`, or `nil`.
    ///   - tag: `model_subtype`: a torchvision name, or OpenCLIP's tag for weights.
    /// - Returns: `nil` where there is no such built-in model.
    static func model(family: String, name: String?, tag: String?) -> ModelManifest? {
        let modelID: String? =
            switch (family, name, tag) {
            case ("resnet", nil, nil), ("resnet", nil, "resnet50"): "resnet50-v1"
            case ("resnet", nil, "resnet18"), ("resnet", nil, "resnet34"): tag
            case ("resnet", nil, "resnet101"): "resnet101-v1"
            case ("resnet", nil, "resnet152"): "resnet152-v1"
            case ("vgg", nil, nil), ("vgg", nil, "vgg16"): "vgg16"
            case (clipFamily, nil, nil), (clipFamily, "ViT-B-32", nil), (clipFamily, "ViT-B-32", "laion2b_s34b_b79k"):
                "clip-vit-b32-laion2b"
            case (clipFamily, "ViT-B-32", "openai"), (clipFamily, "ViT-B-32-quickgelu", "openai"):
                "clip-vit-b32-openai"
            case (EfficientNetLite.family, nil, nil): "efficientnet-lite0"
            case (EfficientNetLite.family, nil, let variant?): "efficientnet-\(variant)"
            case (let family, nil, nil) where ClassicalFamily.named(family) != nil: family
            default: nil
            }
        return modelID.flatMap { id in ModelManifest.builtIn.first { $0.modelID == id } }
    }
}
