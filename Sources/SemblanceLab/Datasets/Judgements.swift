/// Somebody's judgements of how relevant images are to queries ("qrels", the form that TREC uses).
///
/// A line is a query's id, a field that is ignored (0 by custom), an image's id and a whole number: the grade, 1 or
/// more for a relevant image. Fields are apart by white space; in a line that has a tab, by tabs alone, so that ids may
/// hold spaces. What is not judged is not relevant.
public struct Judgements: Sendable {
    /// Query → image → grade, by position in the set.
    private var grades: [Int: [Int: Int]] = [:]

    public init() {}

    /// Reads a file of judgements, line by line. Calls block.
    ///
    /// Judgements for images and queries that the set does not have are counted as issues and ignored.
    /// - Throws: `set-unreadable`; `set-malformed`, naming the line, also for a pair that is judged twice;
    ///   `set-unusable` if nothing is left.
    init(contentsOf path: String, for set: LabelledSet, issues: inout SetIssues) throws(LabError) {
        var lines = try LineReader(path: path)
        while let line = try lines.next() {
            guard !line.text.trimmingSpaces().isEmpty else { continue }
            let judgement = try Line(line, of: path)
            guard let query = set.position(of: judgement.query) else {
                issues.add(SetIssue(.absentImageJudged, judgement.query.text, detail: "as a query"))
                continue
            }
            guard let image = set.position(of: judgement.image) else {
                issues.add(SetIssue(.absentImageJudged, judgement.image.text, detail: "for \(judgement.query)"))
                continue
            }
            guard judge(image, for: query, as: judgement.grade) else {
                throw Line.failure(line, path, "judges '\(judgement.image)' for '\(judgement.query)' again")
            }
        }
        guard !grades.isEmpty else {
            throw LabError(.unusableSet, "'\(path)' judges no image of the set '\(set.name)'.")
        }
    }

    /// Records a judgement. Returns `false`, and changes nothing, if the pair has one already.
    public mutating func judge(_ image: Int, for query: Int, as grade: Int) -> Bool {
        guard grades[query]?[image] == nil else { return false }
        grades[query, default: [:]][image] = grade
        return true
    }

    /// Positions of the images that something is judged for, ascending.
    public var queries: [Int] { grades.keys.sorted() }

    /// The grades of the images that were judged for a query.
    public func grades(for query: Int) -> [Int: Int] { grades[query] ?? [:] }
}

/// One judgement as it is written.
private struct Line {
    let query: LabelledImage.ID
    let image: LabelledImage.ID
    let grade: Int

    init(_ line: LineReader.Line, of path: String) throws(LabError) {
        let fields =
            line.text.utf8.contains(UInt8(ascii: "\t"))
            ? line.text.split(separator: "\t", omittingEmptySubsequences: false)
            : line.text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 4 else {
            throw Self.failure(
                line, path,
                "has \(fields.count) fields; expected a query, 0, an image and a grade. Put tabs between them if names "
                    + "hold spaces")
        }
        guard let grade = Int(fields[3].trimmingPrefix(" ")), abs(grade) <= 1_000_000 else {
            throw Self.failure(line, path, "has the grade '\(fields[3])'; expected a whole number")
        }
        query = LabelledImage.ID(String(fields[0]))
        image = LabelledImage.ID(String(fields[2]))
        self.grade = grade
    }

    static func failure(_ line: LineReader.Line, _ path: String, _ fault: String) -> LabError {
        LabError(.malformedSet, "Line \(line.number) of '\(path)' \(fault).")
    }
}
