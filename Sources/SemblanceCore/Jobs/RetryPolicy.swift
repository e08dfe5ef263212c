/// When a job that could not be run is tried again: after pauses that double, with jitter, so that jobs that failed
/// together do not come back together; after some tries never.
public struct RetryPolicy: Sendable, Hashable {
    /// Tries before a job is given up. Default 8; 1…1000.
    public var maximumTryCount: Int
    /// After the first try. Default 1 s.
    public var firstPause: Duration
    /// Default 2 min.
    public var longestPause: Duration

    public init(
        maximumTryCount: Int = 8, firstPause: Duration = .seconds(1), longestPause: Duration = .seconds(120)
    ) {
        precondition((1...1000).contains(maximumTryCount) && firstPause > .zero && longestPause >= firstPause)
        self.maximumTryCount = maximumTryCount
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// - Parameters:
    ///   - tries: so many have failed; 1 or more.
    ///   - jitter: 0…1, drawn at random: the pause is between half and all of what the doubling gives.
    public func decide(afterTries tries: Int, jitter: Double) -> JobRetry {
        precondition(tries > 0 && (0...1).contains(jitter))
        guard tries < maximumTryCount else { return .givenUp(tries: tries) }
        return .later(pause(afterTries: tries, jitter: jitter))
    }

    /// The pause alone, for what is tried for ever.
    public func pause(afterTries tries: Int, jitter: Double) -> Duration {
        // 2^30 first pauses are beyond every limit that makes sense.
        let whole = min(firstPause * (1 << min(max(tries, 1) - 1, 30)), longestPause)
        return whole / 2 + whole * (jitter / 2)
    }
}
