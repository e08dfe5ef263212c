import SemblanceCore

/// A real model of the smallest kind: the mean colours of a grid of cells, less their mean, plus a constant.
///
/// Deterministic, and pictures that look alike are near each other.
public struct SmallEmbedder: Embedder {
    public let version: ModelVersion
    public let preprocessing = Preprocessing(
        size: 16, fit: .stretch, filter: .bilinear, mean: [0, 0, 0], deviation: [255, 255, 255])
    public let preferredBatchSize = 4
    private let gridSize: Int

    /// - Parameter gridSize: cells along a side: 1, 2, 4, 8 or 16.
    public init(modelID: String = "small", gridSize: Int = 4) {
        self.gridSize = gridSize
        version = ModelVersion(
            modelID: modelID, digest: "mean-colours-\(gridSize)", dimension: gridSize * gridSize * 3 + 1)
    }

    public func embed(_ images: [PreparedImage]) throws -> [Embedding] {
        try images.map { image in
            guard image.width == preprocessing.size, image.height == preprocessing.size else {
                throw ModelError(.engineFailed, "expected \(preprocessing.size) pixels a side, not \(image.width)")
            }
            guard let embedding = Embedding(normalising: meanColours(of: image) + [0.1]) else {
                throw ModelError(.engineFailed, "expected numbers, not a vector without a direction")
            }
            return embedding
        }
    }

    private func meanColours(of image: PreparedImage) -> [Float] {
        let cell = image.width / gridSize
        var sums = [Float](repeating: 0, count: gridSize * gridSize * 3)
        for y in 0..<image.height {
            for x in 0..<image.width {
                let position = (y / cell * gridSize + x / cell) * 3
                for channel in 0..<3 {
                    sums[position + channel] += Float(image.pixels[(y * image.width + x) * 3 + channel])
                }
            }
        }
        return sums.map { $0 / Float(cell * cell) / 255 - 0.5 }
    }
}

/// Provides `SmallEmbedder`s: `small`, the default, and `smaller`.
public struct SmallModels: ModelProvider {
    private let embedders = [SmallEmbedder(), SmallEmbedder(modelID: "smaller", gridSize: 2)]

    public init() {}

    public var defaultModelID: String { "small" }

    public func models() -> [ModelDescription] {
        embedders.map {
            ModelDescription(
                modelID: $0.version.modelID, family: "mean-colours", dimension: $0.version.dimension,
                hasText: $0.version.modelID == "small", licence: "Apache-2.0", byteCount: 0,
                summary: "The mean colours of a grid.", state: .loaded,
                isDefault: $0.version.modelID == defaultModelID)
        }
    }

    /// `small` understands colours' names; `smaller` no text.
    public func textEmbedder(for modelID: String) async throws -> any TextEmbedder {
        guard modelID != "smaller" else {
            throw ModelError(
                .textUnsupported, "The model 'smaller' cannot embed text, only images. Models that can: small.")
        }
        return SmallTextEmbedder(images: try smallEmbedder(for: modelID))
    }

    public func embedder(for modelID: String) async throws -> any Embedder {
        try smallEmbedder(for: modelID)
    }

    private func smallEmbedder(for modelID: String) throws -> SmallEmbedder {
        guard let embedder = embedders.first(where: { $0.version.modelID == modelID }) else {
            throw ModelError.unknownModel(modelID, known: ["small", "smaller"])
        }
        return embedder
    }
}
