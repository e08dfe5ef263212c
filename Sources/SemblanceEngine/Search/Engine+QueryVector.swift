import SemblanceCore

/// A query's terms, combined.
struct QueryVector {
    let embedding: Embedding
    /// The catalogue's own images among the terms: a search for what is like them does not return them.
    let excluded: Set<CatalogueImage.ID>
}

extension Engine {
    func queryVector(
        for terms: [SearchTerm], in catalogue: Catalogue, embedder: any Embedder
    ) async throws -> QueryVector {
        var excluded: Set<CatalogueImage.ID> = []
        var sum = [Float](repeating: 0, count: embedder.version.dimension)
        for term in terms {
            let (embedding, image) = try await namingImage(term.name) {
                try await self.embedding(of: term, in: catalogue, embedder: embedder)
            }
            if let image { excluded.insert(image) }
            if terms.count == 1 { return QueryVector(embedding: embedding, excluded: excluded) }
            for index in sum.indices { sum[index] += term.weight * embedding.values[index] }
        }
        guard let embedding = Embedding(normalising: sum) else {
            throw RequestError(.invalidQuery, "The images of this query cancel each other out.")
        }
        return QueryVector(embedding: embedding, excluded: excluded)
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
        of term: SearchTerm, in catalogue: Catalogue, embedder: any Embedder
    ) async throws -> (Embedding, CatalogueImage.ID?) {
        switch term.source {
        case .bytes(let bytes):
            return (try await embedding.embed(bytes, region: term.region, with: embedder), nil)
        case .file(let path):
            return (try await embedding.embed(fileAt: path, region: term.region, with: embedder), nil)
        case .vector(let values):
            return (try unitVector(values, for: embedder.version), nil)
        case .url(let url):
            return (try await embed(url: url, region: term.region, with: embedder), nil)
        case .stored(let id):
            let image = try await store.image(try contentHash(id), in: catalogue.id)
            return (try await embed(image, in: catalogue, region: term.region, with: embedder), image.id)
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

    /// The embedding that the catalogue has; computed if it has none for this model or only a part is wanted.
    private func embed(
        _ image: CatalogueImage, in catalogue: Catalogue, region: Region?, with embedder: any Embedder
    ) async throws -> Embedding {
        if region == nil {
            let found = try await store.embeddings(of: [image.id], in: space(of: catalogue, embedder))
            if let embedding = found.first?.1 { return embedding }
        }
        let path = try originalPath(of: image)
        return try await embedding.embed(fileAt: path, region: region, with: embedder) {
            try Self.check($0, are: image)
        }
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
