import SemblanceCore
import SemblanceEngine

/// Searches that fetch images: a few at a time, and each within one time limit however many URLs it names. Other
/// requests must not wait for hosts that a client chose.
struct FetchingSearches: Sendable {
    private let slots: Slots
    private let timeLimit: Duration

    init(_ configuration: ServerConfiguration) {
        slots = Slots(configuration.maximumFetchingSearchCount, of: "searches that fetch images")
        timeLimit = configuration.fetchingTimeLimit
    }

    /// - Throws: as `Engine.search`; `ImageError` with `image-fetch-failed` when the time is up; as `Slots.hold`.
    func search(
        _ request: SearchRequest, with engine: Engine, for client: ClientIdentity?
    ) async throws -> SearchResponse {
        let limit = timeLimit
        return try await slots.hold(for: client) {
            try await withThrowingTaskGroup(of: SearchResponse.self) { group in
                group.addTask { try await engine.search(request) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw ImageError(
                        .fetchFailed,
                        "The search did not end within \(limit), the limit for all its URLs together; name fewer of "
                            + "them, or quicker ones.")
                }
                defer { group.cancelAll() }
                guard let found = try await group.next() else { throw CancellationError() }
                return found
            }
        }
    }
}

extension SearchRequest {
    /// Whether images have to be fetched for it.
    var namesURLs: Bool {
        terms.contains { if case .url = $0.source { true } else { false } }
    }
}
