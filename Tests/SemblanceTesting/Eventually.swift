import Testing

/// Looks again until something holds, for at most two minutes: only what hangs takes that long, however busy the machine is.
public func eventually(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "it never happened")
        try await Task.sleep(for: .milliseconds(5))
    }
}
