import SemblanceCore

extension ModelManifest {
    /// Classifiers of the ONNX Model Zoo, which are cut at their features. In int8 those with `-qdq` in their name: the
    /// others need operators of ONNX Runtime's own.
    static let onnxZoo: [ModelManifest] = [
        zooModel(
            "resnet18-onnx", file: "resnet/model/resnet18-v1-7.onnx", byteCount: 46_820_737, dimension: 512,
            hash: "4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c", summary: "ResNet-18."),
        zooModel(
            "resnet50-onnx", file: "resnet/model/resnet50-v1-12.onnx", byteCount: 102_576_593, dimension: 2048,
            hash: "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526", summary: "ResNet-50."),
        zooModel(
            "resnet50-onnx-int8", file: "resnet/model/resnet50-v1-12-qdq.onnx", byteCount: 25_753_167,
            dimension: 2048, hash: "e6429d274805654c79ba68dc886c1efd4eff95393e747c35d3fdab579febd8a0",
            summary: "ResNet-50 in int8."),
        zooModel(
            "vgg16-onnx", file: "vgg/model/vgg16-12.onnx", byteCount: 553_437_752, dimension: 4096,
            hash: "722c42f53ca03a5480296bf8f9c85a151de3eed9ec982d7d2302ff6e2900c67b", summary: "VGG-16; slow."),
        zooModel(
            "vgg16-onnx-int8", file: "vgg/model/vgg16-12-qdq.onnx", byteCount: 138_424_439, dimension: 4096,
            hash: "74ae0fa7e9e5b16782581bf17b5582080d1c06b69ed59410c7b1f190d9328bb1", summary: "VGG-16 in int8."),
        zooModel(
            "mobilenetv2-onnx", file: "mobilenet/model/mobilenetv2-12.onnx", byteCount: 13_964_571, dimension: 1280,
            hash: "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5",
            summary: "MobileNetV2: small and quick."),
        zooModel(
            "efficientnet-lite4-onnx", file: "efficientnet-lite4/model/efficientnet-lite4-11.onnx",
            byteCount: 51_946_641, dimension: 1280,
            hash: "d111689907c06eea7c82e4833ddef758da6453b9d4cf60b7e99ca05c7cbd9c12",
            summary: "EfficientNet-Lite4.",
            preprocessing: Preprocessing(
                size: 224, fit: .crop, resizeTo: 256, filter: .bilinear, mean: [127, 127, 127],
                deviation: [128, 128, 128])),
    ]

    private static func zooModel(
        _ modelID: String, file: String, byteCount: Int64, dimension: Int, hash: String, summary: String,
        preprocessing: Preprocessing = imageNet(resizeTo: 256, filter: .bilinear)
    ) -> ModelManifest {
        ModelManifest(
            modelID: modelID, family: ONNXImageModel.family,
            source: .hub(
                HubFile(url: "https://github.com/onnx/models/raw/main/validated/vision/classification/\(file)")),
            fileHash: .builtIn(hash), byteCount: byteCount, dimension: dimension, licence: "Apache-2.0",
            summary: summary + " From the ONNX Model Zoo.", preprocessing: preprocessing)
    }
}
