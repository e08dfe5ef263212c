import SemblanceCore

/// A way to turn a picture into a vector that nobody trained: what networks have to beat.
///
/// There are no weights and there is no engine. Everything is computed from the prepared pixels, 0…255 in R, G, B; the
/// arithmetic is the same on every machine up to the last bits of a Float32.
package protocol ClassicalDescriptor: Sendable {
    /// The family's name in manifests, such as `dhash`.
    static var family: String { get }
    /// Part of each model version: raised when the same picture would give another vector than before.
    static var revision: Int { get }
    /// Components of an embedding.
    static var dimension: Int { get }
    /// What the descriptor is defined on. The size may be changed where `accepts` says so.
    static var preprocessing: Preprocessing { get }

    init()

    /// Whether the descriptor can be computed from pictures of this size.
    static func accepts(size: Int) -> Bool

    /// The vector, of any length above zero.
    func values(of image: PreparedImage) -> [Float]
}

/// The descriptors that are built in.
package enum ClassicalFamily {
    package static let all: [any ClassicalDescriptor.Type] = [
        ColourHistogram.self, DifferenceHash.self, PerceptualHash.self,
    ]

    /// The descriptor with this name, or `nil`.
    package static func named(_ family: String) -> (any ClassicalDescriptor.Type)? {
        all.first { $0.family == family }
    }
}

/// A classical descriptor in the place of a network.
package struct ClassicalEmbedder: Embedder {
    package let version: ModelVersion
    package let preprocessing: Preprocessing
    package var preferredBatchSize: Int { 4 }
    private let descriptor: any ClassicalDescriptor

    /// - Throws: `model-invalid-manifest` for a manifest that asks for what the descriptor does not do.
    package init(_ family: any ClassicalDescriptor.Type, _ manifest: ModelManifest) throws(ModelError) {
        try Self.check(family, manifest)
        descriptor = family.init()
        preprocessing = manifest.preprocessing
        version = ModelVersion(
            modelID: manifest.modelID, dimension: family.dimension, weights: ContentHash(hashing: []),
            family: family.family, options: manifest.options, revision: family.revision,
            preprocessing: manifest.preprocessing)
    }

    package func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        try images.map { image in
            guard let embedding = Embedding(normalising: descriptor.values(of: image)) else {
                throw ModelError(.engineFailed, "The model '\(version.modelID)' gave a vector without a direction.")
            }
            return embedding
        }
    }

    private static func check(
        _ family: any ClassicalDescriptor.Type, _ manifest: ModelManifest
    ) throws(ModelError) {
        func refuse(_ text: String) -> ModelError {
            ModelError(.invalidManifest, "The model '\(manifest.modelID)' is of the family '\(family.family)', \(text)")
        }
        try manifest.preprocessing.validate()
        guard manifest.source == .withoutWeights else {
            throw refuse("which takes no weights. Leave out 'model_path' and 'url'.")
        }
        guard manifest.dimension == family.dimension else {
            throw refuse("which gives \(family.dimension) dimensions, not \(manifest.dimension). Correct 'model_dim'.")
        }
        let preprocessing = manifest.preprocessing
        guard family.accepts(size: preprocessing.size) else {
            throw refuse(
                "which cannot be computed from \(preprocessing.size) pixels a side; it is from "
                    + "\(family.preprocessing.size).")
        }
        let isPlain = preprocessing.mean.allSatisfy { $0 == 0 } && preprocessing.deviation.allSatisfy { $0 == 1 }
        guard isPlain, preprocessing.channels == .rgb else {
            throw refuse("which sees bytes in the order R, G, B: the mean is 0 and the deviation 1.")
        }
    }
}
