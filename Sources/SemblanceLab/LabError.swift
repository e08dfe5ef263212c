import SemblanceCore

/// A labelled set, a metric or a comparison that cannot be used as it is. Raised by Lab.
public typealias LabError = CodedError<LabErrorCode>

public enum LabErrorCode: String, Hashable, Sendable, CaseIterable {
    /// A set's file or folder cannot be read, or is of no kind that is known.
    case unreadableSet = "set-unreadable"
    /// A line of a list or of judgements is not of the expected form.
    case malformedSet = "set-malformed"
    /// Two entries have one identity.
    case duplicateID = "set-duplicate-id"
    /// A label outside the classes that were declared.
    case unknownLabel = "set-unknown-label"
    /// Nothing can be asked of the set: it has no images, no gallery, or no query with a relevant image.
    case unusableSet = "set-unusable"
    /// A metric's name or cut-off that does not exist.
    case invalidMetric = "metric-invalid"
    /// A ranking with two places for one image, or with a score that is not a number.
    case invalidRanking = "ranking-invalid"
    /// Two systems that did not answer the same queries.
    case notComparable = "comparison-invalid"
    /// A benchmark that cannot be run as it was asked for.
    case invalidBenchmark = "benchmark-invalid"
}
