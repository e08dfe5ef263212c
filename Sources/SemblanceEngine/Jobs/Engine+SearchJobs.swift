import SemblanceCore

extension Engine {
    func search(_ work: SearchWork) async throws -> JSONValue {
        let request = SearchRequest(
            catalogue: work.catalogue, modelID: work.modelID, terms: [SearchTerm(.file(path: work.upload.path))],
            limit: work.limit)
        do {
            return try await search(request).json
        } catch let error as StoreError where error.code == .unknownCatalogue && work.isOfDefaultCatalogue {
            // The image is looked at all the same: a bad one fails whether there is something to find or not.
            _ = try await embedding.embed(
                fileAt: work.upload.path, region: nil, with: try await dependencies.models.embedder(for: work.modelID))
            return SearchResponse(
                modelID: work.modelID, catalogue: work.catalogue, took: .zero, preparing: .zero, matches: []
            ).json
        }
    }
}

extension SearchResponse {
    /// The shape of `search --json` and of a search job's result.
    public var json: JSONValue {
        let results = matches.map { match -> JSONValue in
            var members: [String: JSONValue] = [
                "id": .string(match.image.hash.hexadecimal), "name": .string(match.image.name),
                "score": .number(Double(match.score)), "distance": .number(Double(match.distance)),
                "metadata": match.image.metadata,
            ]
            if case .inPlace(let path) = match.image.location { members["path"] = .string(path) }
            return .object(members)
        }
        let milliseconds = took / .milliseconds(1)
        return .object([
            "model": .string(modelID), "catalogue": .string(catalogue),
            "took_ms": .number((milliseconds * 1000).rounded() / 1000), "results": .array(results),
        ])
    }
}
