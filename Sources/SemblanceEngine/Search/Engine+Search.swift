import SemblanceCore

extension Engine {
    /// Finds the images most similar to the query.
    /// - Throws: `RequestError`, `ImageError`, `ModelError`, `StoreError`.
    public func search(_ request: SearchRequest) async throws -> SearchResponse {
        let clock = ContinuousClock()
        let start = clock.now
        try validate(request)
        let catalogue = try await store.catalogue(named: request.catalogue)
        let modelID = try knownModel(request.modelID ?? catalogue.modelID)
        let embedder = try await dependencies.models.embedder(for: modelID)
        let query = try await queryVector(for: request.terms, in: catalogue, embedder: embedder)
        let preparing = clock.now - start
        let index = try await dependencies.indexes.index(for: space(of: catalogue, embedder))
        let neighbours = try await index.search(
            near: query.embedding, limit: request.offset + request.limit + query.excluded.count,
            minimumScore: request.minimumScore, matching: request.filter)
        let page = neighbours.filter { !query.excluded.contains($0.id) }
            .dropFirst(request.offset).prefix(request.limit)
        let matches = try await self.matches(for: Array(page))
        return SearchResponse(
            modelID: modelID, catalogue: catalogue.name, took: clock.now - start, preparing: preparing,
            matches: matches, warnings: query.warnings)
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
