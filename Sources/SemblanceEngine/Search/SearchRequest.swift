import SemblanceCore

/// What to search for, and how many results to return.
public struct SearchRequest: Sendable {
    /// The catalogue's name.
    public var catalogue: String
    /// `nil` takes the catalogue's own model.
    public var modelID: String?
    /// At least one with a weight above zero.
    public var terms: [SearchTerm]
    /// Results to return, 1…1,000,000; fewer come back when the catalogue holds fewer.
    public var limit: Int
    /// Results to skip before the first.
    public var offset: Int
    public var filter: MetadataFilter?
    /// Results with a lower cosine similarity are left out, −1…1.
    public var minimumScore: Float?

    public init(
        catalogue: String = Catalogue.defaultName, modelID: String? = nil, terms: [SearchTerm], limit: Int = 10,
        offset: Int = 0, filter: MetadataFilter? = nil, minimumScore: Float? = nil
    ) {
        self.catalogue = catalogue
        self.modelID = modelID
        self.terms = terms
        self.limit = limit
        self.offset = offset
        self.filter = filter
        self.minimumScore = minimumScore
    }
}

/// One image or text of a query. Several are combined as a weighted sum of their unit-length embeddings.
public struct SearchTerm: Sendable {
    public enum Source: Sendable {
        /// An image file's bytes.
        case bytes([UInt8])
        /// An image file on this machine.
        case file(path: String)
        /// An image of the catalogue, by its public id. It is left out of the results.
        case stored(id: String)
        /// An embedding of the model; need not be of unit length.
        case vector([Float])
        case url(String)
        /// What the images show, in words; for models with a text tower.
        case text(String)
    }

    public var source: Source
    /// Negative steers away from the image or text.
    public var weight: Float
    /// The part of the image to look at; a text has none.
    public var region: Region?
    /// What the user calls the image: errors begin with it.
    public var name: String?

    public init(_ source: Source, weight: Float = 1, region: Region? = nil, name: String? = nil) {
        self.source = source
        self.weight = weight
        self.region = region
        self.name = name
    }

    /// The words of a text; `nil` for an image.
    var text: String? {
        if case .text(let text) = source { text } else { nil }
    }
}

public struct SearchResponse: Sendable {
    public let modelID: String
    public let catalogue: String
    /// From request to response.
    public let took: Duration
    /// The part of `took` that went into fetching, decoding and the engine.
    public let preparing: Duration
    /// Nearest first.
    public let matches: [Match]
    /// What the user should know about the query, in sentences.
    public var warnings: [String] = []
}

/// An image that was found.
public struct Match: Sendable, Hashable {
    public let image: CatalogueImage
    /// Cosine similarity, −1…1.
    public let score: Float
    /// Cosine distance, 0…2.
    public let distance: Float

    public init(image: CatalogueImage, score: Float, distance: Float) {
        self.image = image
        self.score = score
        self.distance = distance
    }
}
