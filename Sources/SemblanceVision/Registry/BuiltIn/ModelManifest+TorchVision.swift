import SemblanceCore

extension ModelManifest {
    /// torchvision's checkpoints of networks trained on ImageNet. Their names hold the first digits of their hashes.
    static let torchVision: [ModelManifest] = [
        torchVisionModel(
            "resnet18", family: ResNet.family, file: "resnet18-f37072fd.pth", byteCount: 46_830_000, dimension: 512,
            summary: "The smallest ResNet; 11.7 million parameters."),
        torchVisionModel(
            "resnet34", family: ResNet.family, file: "resnet34-b627a593.pth", byteCount: 87_320_000, dimension: 512,
            summary: "ResNet-34; 21.8 million parameters."),
        torchVisionModel(
            "resnet50-v1", names: ["resnet50_1"], family: ResNet.family, variant: "resnet50",
            file: "resnet50-0676ba61.pth", byteCount: 102_530_000, dimension: 2048,
            summary: "ResNet-50 as first published; 25.6 million parameters."),
        torchVisionModel(
            "resnet50-v2", names: ["resnet50"], family: ResNet.family, variant: "resnet50",
            file: "resnet50-11ad3fa6.pth", byteCount: 102_540_000, dimension: 2048, resizeTo: 232,
            summary: "ResNet-50, trained again with a better recipe; 25.6 million parameters."),
        torchVisionModel(
            "resnet101-v1", names: ["resnet101"], family: ResNet.family, variant: "resnet101",
            file: "resnet101-63fe2227.pth", byteCount: 178_790_000, dimension: 2048,
            summary: "ResNet-101; 44.5 million parameters."),
        torchVisionModel(
            "resnet152-v1", names: ["resnet152"], family: ResNet.family, variant: "resnet152",
            file: "resnet152-394f9c45.pth", byteCount: 241_630_000, dimension: 2048,
            summary: "ResNet-152; 60.2 million parameters."),
        torchVisionModel(
            "vgg16", names: ["vgg16_1"], family: VGG.family, file: "vgg16-397923af.pth", byteCount: 553_430_000,
            dimension: 4096, summary: "VGG-16, its second fully connected layer; 138 million parameters, slow."),
    ]

    private static func torchVisionModel(
        _ modelID: String, names: [String] = [], family: String, variant: String? = nil, file: String,
        byteCount: Int64, dimension: Int, resizeTo: Int = 256, summary: String
    ) -> ModelManifest {
        let stem = file.prefix { $0 != "." }
        return ModelManifest(
            modelID: modelID, names: names, family: family, options: NetworkOptions(variant: variant ?? modelID),
            source: .hub(
                HubFile(
                    url: "https://download.pytorch.org/models/\(file)",
                    hashPrefix: stem.split(separator: "-").last.map(String.init))),
            byteCount: byteCount, dimension: dimension, licence: "BSD-3-Clause", summary: summary,
            preprocessing: imageNet(resizeTo: resizeTo, filter: .bilinear))
    }

    /// torchvision's transform: shorter side to `resizeTo`, the middle 224 pixels, ImageNet's mean and deviation.
    static func imageNet(resizeTo: Int, filter: Preprocessing.Filter) -> Preprocessing {
        Preprocessing(
            size: 224, fit: .crop, resizeTo: resizeTo, filter: filter,
            mean: [0.485, 0.456, 0.406].map { Float($0 * 255) },
            deviation: [0.229, 0.224, 0.225].map { Float($0 * 255) })
    }
}
