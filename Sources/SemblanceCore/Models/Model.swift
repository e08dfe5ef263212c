/// A model and the exact weights and preprocessing it stands for.
///
/// Two versions of one model never share embeddings.
public struct ModelVersion: Hashable, Sendable, Codable {
    public let modelID: String
    /// Hexadecimal digest over weights, architecture and preprocessing: the same digest means the same vectors.
    public let digest: String
    /// Components of an embedding.
    public let dimension: Int

    public init(modelID: String, digest: String, dimension: Int) {
        self.modelID = modelID
        self.digest = digest
        self.dimension = dimension
    }
}

/// Embeddings that may be compared: one catalogue's, by one model version.
public struct EmbeddingSpace: Hashable, Sendable {
    public let catalogueID: Catalogue.ID
    public let model: ModelVersion

    public init(catalogueID: Catalogue.ID, model: ModelVersion) {
        self.catalogueID = catalogueID
        self.model = model
    }
}

/// How an upright image becomes a model's input. Part of the model version.
public struct Preprocessing: Hashable, Sendable, Codable {
    /// How a picture that is not square meets a square input.
    public enum Fit: String, Hashable, Sendable, Codable, CaseIterable {
        /// Longest side to the input's size, centred on white.
        case pad
        /// Shorter side to `resizeTo` (by default the input's size), centre cropped.
        case crop
        /// Both sides to the input's size.
        case stretch
    }

    public enum Filter: String, Hashable, Sendable, Codable, CaseIterable {
        case bilinear, bicubic
    }

    public enum ChannelOrder: String, Hashable, Sendable, Codable, CaseIterable {
        case rgb, bgr
    }

    /// Width and height of the model's input in pixels, 8…4096.
    public var size: Int
    public var fit: Fit
    /// For `crop`: the shorter side before cropping; `nil` means `size`.
    public var resizeTo: Int?
    public var filter: Filter
    public var channels: ChannelOrder
    /// Subtracted from each 0…255 channel value, in the order R, G, B.
    public var mean: [Float]
    /// Divides what is left, in the order R, G, B.
    public var deviation: [Float]

    public init(
        size: Int, fit: Fit, resizeTo: Int? = nil, filter: Filter = .bicubic, channels: ChannelOrder = .rgb,
        mean: [Float], deviation: [Float]
    ) {
        self.size = size
        self.fit = fit
        self.resizeTo = resizeTo
        self.filter = filter
        self.channels = channels
        self.mean = mean
        self.deviation = deviation
    }
}

/// Upright sRGB pixels of exactly a model's input size: 8 bits a channel, interleaved R, G, B, rows top to bottom.
public struct PreparedImage: Hashable, Sendable {
    public let width: Int
    public let height: Int
    /// `width × height × 3` bytes.
    public let pixels: [UInt8]

    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(pixels.count == width * height * 3, "expected \(width * height * 3) bytes, not \(pixels.count)")
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
