import Testing

/// Looks again until something holds, for at most twenty seconds.
public func eventually(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "it never happened")
        try await Task.sleep(for: .milliseconds(5))
    }
}
