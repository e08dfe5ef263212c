/// What a job does.
public enum JobWork: Hashable, Sendable, Codable {
    case ingest(IngestWork)
    case search(SearchWork)
    case reembed(ReembedWork)

    public var lane: Job.Lane {
        switch self {
        case .ingest: .ingest
        case .search: .search
        case .reembed: .reembed
        }
    }

    /// `ingest`, `search` or `reembed`.
    public var kind: String { lane.rawValue }

    public var modelID: String {
        switch self {
        case .ingest(let work): work.modelID
        case .search(let work): work.modelID
        case .reembed(let work): work.to
        }
    }

    /// The same work with a model's id in place of another of its names.
    public func withModel(_ modelID: String) -> JobWork {
        switch self {
        case .ingest(let work):
            .ingest(
                IngestWork(
                    catalogue: work.catalogue, modelID: modelID, source: work.source, metadata: work.metadata,
                    followsCatalogue: work.followsCatalogue))
        case .search(let work):
            .search(
                SearchWork(catalogue: work.catalogue, modelID: modelID, upload: work.upload, limit: work.limit))
        case .reembed(let work):
            .reembed(
                ReembedWork(
                    catalogue: work.catalogue, from: work.from, to: modelID, switching: work.switching,
                    discards: work.discards))
        }
    }

    /// The catalogue's name.
    public var catalogue: String {
        switch self {
        case .ingest(let work): work.catalogue
        case .search(let work): work.catalogue
        case .reembed(let work): work.catalogue
        }
    }
}

public struct IngestWork: Hashable, Sendable, Codable {
    public enum Source: Hashable, Sendable, Codable {
        /// Files and folders of the user; folders are walked.
        /// - copies: store the originals too. prunes: remove images whose files are gone.
        /// - metadataPath: JSON lines of `{"path": …, "metadata": {…}}`, paths relative to that file's folder.
        case paths([String], copies: Bool, prunes: Bool, metadataPath: String?)
        /// Uploads that wait in the spool: a list file with one `SpooledUpload` as JSON a line.
        case spool(listPath: String)
        /// Images fetched over HTTP.
        case urls([String])
    }

    public let catalogue: String
    public let modelID: String
    public let source: Source
    /// Merged into the metadata of every image; a `JSONValue.object`.
    public let metadata: JSONValue
    /// Whether `modelID` is the catalogue's own rather than one that was named: then images are embedded with the model
    /// that the catalogue has when the job runs.
    public let followsCatalogue: Bool

    public init(
        catalogue: String, modelID: String, source: Source, metadata: JSONValue = .object([:]),
        followsCatalogue: Bool = false
    ) {
        self.catalogue = catalogue
        self.modelID = modelID
        self.source = source
        self.metadata = metadata
        self.followsCatalogue = followsCatalogue
    }

    /// Jobs of earlier versions do not say whether they follow the catalogue.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        catalogue = try container.decode(String.self, forKey: .catalogue)
        modelID = try container.decode(String.self, forKey: .modelID)
        source = try container.decode(Source.self, forKey: .source)
        metadata = try container.decode(JSONValue.self, forKey: .metadata)
        followsCatalogue = try container.decodeIfPresent(Bool.self, forKey: .followsCatalogue) ?? false
    }
}

/// An upload in the spool, waiting for ingestion or search.
public struct SpooledUpload: Hashable, Sendable, Codable {
    public let path: String
    /// The client's file name; used as a name only, never as a path.
    public let name: String
    public let metadata: JSONValue?
    /// The name with the folders that the client sent before it, to tell files of one name apart; never used as a path.
    /// `nil` if there were none.
    public let relativePath: String?

    public init(path: String, name: String, metadata: JSONValue? = nil, relativePath: String? = nil) {
        self.path = path
        self.name = name
        self.metadata = metadata
        self.relativePath = relativePath
    }

    /// What people are shown.
    public var shownPath: String { relativePath ?? name }
}

public struct SearchWork: Hashable, Sendable, Codable {
    public let catalogue: String
    public let modelID: String
    public let upload: SpooledUpload
    public let limit: Int

    public init(catalogue: String, modelID: String, upload: SpooledUpload, limit: Int) {
        self.catalogue = catalogue
        self.modelID = modelID
        self.upload = upload
        self.limit = limit
    }
}
