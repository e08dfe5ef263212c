import SemblanceCore

extension Engine {
    /// Finds the images most similar to the query.
    /// - Throws: `RequestError`, `ImageError`, `ModelError`, `StoreError`.
    ///
    /// While a catalogue's model is switched, a search uses the old one or the new one throughout.
    public func search(_ request: SearchRequest) async throws -> SearchResponse {
        let start = ContinuousClock.now
        try validate(request)
        var catalogue = try await store.catalogue(named: request.catalogue)
        var found = try await neighbours(for: request, in: catalogue)
        // The embeddings of a model that the catalogue has left may be deleted at any time: few results may be that.
        while request.modelID == nil, found.neighbours.count < request.limit {
            let present = try await store.catalogue(named: request.catalogue)
            guard present.modelID != catalogue.modelID else { break }
            catalogue = present
            found = try await neighbours(for: request, in: catalogue)
        }
        let matches = try await self.matches(for: found.neighbours)
        return SearchResponse(
            modelID: found.modelID, catalogue: catalogue.name, took: ContinuousClock.now - start,
            preparing: found.preparedAt - start, matches: matches, warnings: found.warnings)
    }

    /// What one model finds.
    private struct Found {
        let modelID: String
        let neighbours: [Neighbour]
        let warnings: [String]
        let preparedAt: ContinuousClock.Instant
    }

    private func neighbours(for request: SearchRequest, in catalogue: Catalogue) async throws -> Found {
        let modelID = try knownModel(request.modelID ?? catalogue.modelID)
        let embedder = try await dependencies.models.embedder(for: modelID)
        let query = try await queryVector(for: request.terms, in: catalogue, embedder: embedder)
        let preparedAt = ContinuousClock.now
        let index = try await dependencies.indexes.index(for: space(of: catalogue, embedder))
        let neighbours = try await index.search(
            near: query.embedding, limit: request.offset + request.limit + query.excluded.count,
            minimumScore: request.minimumScore, matching: request.filter)
        let page = neighbours.filter { !query.excluded.contains($0.id) }
            .dropFirst(request.offset).prefix(request.limit)
        var warnings = query.warnings
        if neighbours.isEmpty, modelID != catalogue.modelID, try await index.count() == 0 {
            warnings.append(
                "No image of the catalogue '\(catalogue.name)', which uses '\(catalogue.modelID)', has an embedding of "
                    + "'\(modelID)' yet; 'semblance models reembed' makes them.")
        }
        return Found(modelID: modelID, neighbours: Array(page), warnings: warnings, preparedAt: preparedAt)
    }

    private func validate(_ request: SearchRequest) throws {
        let maximum = configuration.maximumLimit
        guard (1...maximum).contains(request.limit) else {
            throw RequestError(.invalidLimit, "k is 1 to \(maximum), not \(request.limit).")
        }
        guard (0...maximum).contains(request.offset) else {
            throw RequestError(.invalidLimit, "offset is 0 to \(maximum), not \(request.offset).")
        }
        if let score = request.minimumScore, !(-1...1).contains(score) {
            throw RequestError(.invalidScore, "The lowest score is a number from -1 to 1.")
        }
        guard !request.terms.isEmpty else {
            throw RequestError(
                .missingField, "A search needs an image or a text: send one, or name an image of the catalogue.")
        }
        guard request.terms.count <= configuration.maximumTermCount else {
            throw RequestError(
                .invalidQuery,
                "A query combines at most \(configuration.maximumTermCount) images and texts, "
                    + "not \(request.terms.count).")
        }
        guard request.terms.allSatisfy({ $0.weight.isFinite }), request.terms.contains(where: { $0.weight > 0 }) else {
            throw RequestError(.invalidQuery, "A query needs at least one image or text with a weight above zero.")
        }
        for term in request.terms { try validate(term) }
    }

    private func validate(_ term: SearchTerm) throws {
        guard case .text(let text) = term.source else { return }
        guard term.region == nil else {
            throw RequestError(.invalidRegion, "A region is a part of an image; a text has none.")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw RequestError(.invalidText, "The text to search with is empty.")
        }
        try TextEmbedding.checkLength(of: text)
    }

    /// Rows for neighbours, in their order. One that was deleted meanwhile is left out.
    private func matches(for neighbours: [Neighbour]) async throws -> [Match] {
        let images = try await store.images(neighbours.map(\.id))
        let byID = Dictionary(images.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return neighbours.compactMap { neighbour in
            byID[neighbour.id].map { Match(image: $0, score: neighbour.score, distance: neighbour.distance) }
        }
    }
}
