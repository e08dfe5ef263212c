/// How a labelled set is to be read.
public struct SetOptions: Hashable, Sendable {
    /// For class folders: folders below the set that make up the class's name. Default 1, 1…16: `birds` of
    /// `birds/small/wren.jpg`; with 2, `birds/small`.
    public var classDepth: Int
    /// For JSON lines: the member that holds the label or labels, with dots into objects, such as
    /// `metadata.category`. For CSV: the column. `nil` looks for `label` and `labels`.
    public var labelField: String?
    /// The only labels there may be; `nil` takes them as they come.
    public var knownLabels: Set<String>?
    /// Images whose ids begin so; the others are not part of the set. Default: all.
    public var idPrefix: String
    /// Judgements in TREC's format, used in place of labels.
    public var judgementsPath: String?
    /// Grades by the number of labels in common, not by there being one.
    public var gradesBySharedLabels: Bool

    public init(
        classDepth: Int = 1, labelField: String? = nil, knownLabels: Set<String>? = nil, idPrefix: String = "",
        judgementsPath: String? = nil, gradesBySharedLabels: Bool = false
    ) {
        self.classDepth = classDepth
        self.labelField = labelField
        self.knownLabels = knownLabels
        self.idPrefix = idPrefix
        self.judgementsPath = judgementsPath
        self.gradesBySharedLabels = gradesBySharedLabels
    }

    /// Reads the labels that there may be, one a line. Calls block.
    /// - Throws: `set-unreadable`, `set-malformed`.
    public static func labels(listedIn path: String) throws(LabError) -> Set<String> {
        var lines = try LineReader(path: path)
        var labels: Set<String> = []
        while let line = try lines.next() {
            let label = line.text.trimmingSpaces()
            if !label.isEmpty { labels.insert(label) }
        }
        guard !labels.isEmpty else { throw LabError(.malformedSet, "'\(path)' lists no labels; expected one a line.") }
        return labels
    }

    /// - Throws: `set-unusable`.
    public func validate() throws(LabError) {
        guard (1...16).contains(classDepth) else {
            throw LabError(.unusableSet, "A class is made of 1 to 16 folders' names, not \(classDepth).")
        }
    }
}

extension String {
    func trimmingSpaces() -> String {
        let isSpace = { (character: Character) in character.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
