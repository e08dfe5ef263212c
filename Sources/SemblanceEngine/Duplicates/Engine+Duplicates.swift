import SemblanceCore

/// Images that look alike.
public struct DuplicateGroup: Sendable, Hashable {
    /// The group's centre first, then by falling similarity to it.
    public let images: [CatalogueImage]
    /// The lowest similarity between the centre and another member.
    public let score: Float
}

/// What a look for duplicates found.
public struct DuplicateSearch: Sendable, Hashable {
    /// Largest first.
    public let groups: [DuplicateGroup]
    /// Whether there were more similar pairs than are looked at: groups may lack members, or be missing. A higher
    /// threshold sees all.
    public let isTruncated: Bool
}

extension Engine {
    /// More similar pairs than this are not looked at: the threshold is too low to mean "duplicate".
    public static let maximumPairCount = 1_000_000

    /// Groups of near-duplicates.
    /// - Parameters:
    ///   - minimumScore: every member is at least this similar to its group's centre, 0…1.
    ///   - limit: groups to return.
    ///   - maximumPairCount: the most similar pairs that are looked at, 1 or more.
    public func duplicates(
        inCatalogue name: String, modelID: String?, minimumScore: Float, limit: Int,
        maximumPairCount: Int = Engine.maximumPairCount
    ) async throws -> DuplicateSearch {
        guard (0...1).contains(minimumScore) else {
            throw RequestError(.invalidScore, "The threshold is a score from 0 to 1, such as 0.95.")
        }
        guard limit > 0 else { throw RequestError(.invalidLimit, "The number of groups is 1 or more, not \(limit).") }
        let catalogue = try await store.catalogue(named: name)
        let embedder = try await dependencies.models.embedder(for: try knownModel(modelID ?? catalogue.modelID))
        let index = try await dependencies.indexes.index(for: space(of: catalogue, embedder))
        // One more tells whether there are more.
        let pairs = try await index.pairs(minimumScore: minimumScore, limit: maximumPairCount + 1)
        // A million pairs take seconds to group.
        let stars = try await fileThreads.run {
            DuplicateStar.group(Array(pairs.prefix(maximumPairCount))).prefix(limit)
        }
        let images = try await store.images(stars.flatMap { $0.members.map(\.id) })
        let byID = Dictionary(images.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let groups = stars.compactMap { star -> DuplicateGroup? in
            let members = star.members.compactMap { byID[$0.id] }
            guard members.count > 1 else { return nil }
            return DuplicateGroup(images: members, score: star.members.map(\.score).min() ?? 1)
        }
        return DuplicateSearch(groups: groups, isTruncated: pairs.count > maximumPairCount)
    }
}
