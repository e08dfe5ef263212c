import SemblanceCore

extension ModelManifest {
    /// What was there before networks: quick, without weights, and worth knowing what networks add to.
    static let classical: [ModelManifest] = [
        classical(
            ColourHistogram.self, names: ["color-histogram"],
            summary: "Which colours a picture has, wherever they are; no network and no weights."),
        classical(
            DifferenceHash.self,
            summary: "A hash of 64 bits for copies: which places are brighter than their neighbours; no colour."),
        classical(
            PerceptualHash.self,
            summary: "A hash of 64 bits for copies: which low frequencies are strong; no colour."),
    ]

    private static func classical(
        _ family: any ClassicalDescriptor.Type, names: [String] = [], summary: String
    ) -> ModelManifest {
        ModelManifest(
            modelID: family.family, names: names, family: family.family, source: .withoutWeights, byteCount: 0,
            dimension: family.dimension, licence: "Apache-2.0", summary: summary,
            preprocessing: family.preprocessing)
    }
}
