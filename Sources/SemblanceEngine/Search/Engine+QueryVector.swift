import SemblanceCore

/// A query's terms, combined.
struct QueryVector {
    let embedding: Embedding
    /// The catalogue's own images among the terms: a search for what is like them does not return them.
    let excluded: Set<CatalogueImage.ID>
    var warnings: [String] = []
}

extension Engine {
    func queryVector(
        for terms: [SearchTerm], in catalogue: Catalogue, embedder: any Embedder
    ) async throws -> QueryVector {
        // First: a model without a text tower is told before an image is fetched.
        let texts = try await embedTexts(of: terms, model: embedder.version)
        let warnings = terms.compactMap { term in
            term.text.flatMap { texts[$0]?.isCut == true ? TextEmbedding.cutWarning(for: $0) : nil }
        }
        var excluded: Set<CatalogueImage.ID> = []
        var sum = [Float](repeating: 0, count: embedder.version.dimension)
        for term in terms {
            let (embedding, image) = try await namingImage(term.name) {
                try await self.embedding(of: term, texts: texts, in: catalogue, embedder: embedder)
            }
            if let image { excluded.insert(image) }
            if terms.count == 1 {
                return QueryVector(embedding: embedding, excluded: excluded, warnings: warnings)
            }
            for index in sum.indices { sum[index] += term.weight * embedding.values[index] }
        }
        guard let embedding = Embedding(normalising: sum) else {
            throw RequestError(.invalidQuery, "The images and texts of this query cancel each other out.")
        }
        return QueryVector(embedding: embedding, excluded: excluded, warnings: warnings)
    }

    /// The embeddings of a query's texts, by text.
    private func embedTexts(of terms: [SearchTerm], model: ModelVersion) async throws -> [String: EmbeddedText] {
        let texts = terms.compactMap(\.text)
        guard !texts.isEmpty else { return [:] }
        let embedder = try await dependencies.models.textEmbedder(for: model.modelID)
        guard embedder.version == model else {
            throw ModelError(
                .engineFailed, "The text tower of '\(model.modelID)' is of another version than its image tower.")
        }
        let embedded = try await textEmbedding.embed(texts, with: embedder)
        return Dictionary(zip(texts, embedded), uniquingKeysWith: { first, _ in first })
    }

    /// Of several images, a person wants to know which could not be read.
    private func namingImage<Value>(_ name: String?, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ImageError {
            guard let name else { throw error }
            throw ImageError(error.code, "\(name): \(error.message)", underlying: error.underlying)
        }
    }

    private func embedding(
        of term: SearchTerm, texts: [String: EmbeddedText], in catalogue: Catalogue, embedder: any Embedder
    ) async throws -> (Embedding, CatalogueImage.ID?) {
        switch term.source {
        case .bytes(let bytes):
            return (try await embedding.embed(bytes, region: term.region, with: embedder), nil)
        case .file(let path):
            return (try await embedding.embed(fileAt: path, region: term.region, with: embedder), nil)
        case .text(let text):
            guard let embedded = texts[text] else {
                throw ModelError(.engineFailed, "expected one embedding for each text, not fewer")
            }
            return (embedded.embedding, nil)
        case .vector(let values):
            return (try unitVector(values, for: embedder.version), nil)
        case .url(let url):
            return (try await embed(url: url, region: term.region, with: embedder), nil)
        case .stored(let id):
            let (image, known) = try await store.image(
                try contentHash(id), embeddedIn: space(of: catalogue, embedder))
            if let known, term.region == nil { return (known, image.id) }
            let path = try originalPath(of: image)
            let embedding = try await embedding.embed(fileAt: path, region: term.region, with: embedder) {
                try Self.check($0, are: image)
            }
            return (embedding, image.id)
        }
    }

    private func unitVector(_ values: [Float], for model: ModelVersion) throws -> Embedding {
        guard values.count == model.dimension else {
            throw RequestError(
                .invalidVector, "Model '\(model.modelID)' has \(model.dimension) dimensions, not \(values.count).")
        }
        guard let embedding = Embedding(normalising: values) else {
            throw RequestError(.invalidVector, "A vector has finite components that are not all zero.")
        }
        return embedding
    }

    private func embed(url: String, region: Region?, with embedder: any Embedder) async throws -> Embedding {
        let path = try await fetch(url).path
        defer { try? files.removeSpooled(path) }
        return try await embedding.embed(fileAt: path, region: region, with: embedder)
    }

    /// Fetches an image into the spool.
    func fetch(_ url: String) async throws -> SpooledUpload {
        guard let fetcher = dependencies.fetcher else {
            throw ImageError(.fetchRefused, "Fetching images by URL is switched off here.")
        }
        let path = try files.makeSpoolPath()
        let name = try await fetcher.fetch(url, to: path, maximumByteCount: configuration.limits.maximumByteCount)
        return SpooledUpload(path: path, name: name)
    }
}
