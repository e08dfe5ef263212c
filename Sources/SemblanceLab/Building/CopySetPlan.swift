import SemblanceCore

/// Which pictures of a folder a copy-detection set is made of, and what is done to them.
///
/// As in the Image Similarity Challenge (Douze et al., 2021): copies of some pictures are looked for among all pictures,
/// and so are copies of strangers, whose originals are not there: a system must know when there is nothing to find.
public struct CopySetPlan: Hashable, Sendable {
    /// What is made.
    public struct Options: Hashable, Sendable {
        /// Pictures that copies are made of. Default 100; 1 or more.
        public var originalCount: Int
        /// Pictures that copies are made of and that are not in the gallery. Default 20.
        public var strangerCount: Int
        /// Default: all.
        public var kinds: [Alteration.Kind]
        /// Default: weak (0.3) and strong (0.8). Each from 0 to 1.
        public var strengths: [Double]
        public var seed: UInt64

        public init(
            originalCount: Int = 100, strangerCount: Int = 20, kinds: [Alteration.Kind] = Alteration.Kind.allCases,
            strengths: [Double] = [0.3, 0.8], seed: UInt64 = 1
        ) {
            self.originalCount = originalCount
            self.strangerCount = strangerCount
            self.kinds = kinds
            self.strengths = strengths
            self.seed = seed
        }

        /// - Throws: `set-unusable`.
        public func validate() throws(LabError) {
            guard originalCount >= 1, strangerCount >= 0 else {
                throw LabError(.unusableSet, "Copies are made of 1 picture or more, and of 0 strangers or more.")
            }
            guard !kinds.isEmpty, !strengths.isEmpty, strengths.allSatisfy({ (0...1).contains($0) }) else {
                throw LabError(.unusableSet, "A copy needs at least one kind of change, and strengths from 0 to 1.")
            }
        }
    }

    /// One copy.
    public struct Copy: Hashable, Sendable {
        /// The picture it is made of: its place in `names`.
        public let source: Int
        public let alteration: Alteration
        /// Its path in the set, and its id.
        public let path: String
    }

    /// Paths below the folder, in the order of their bytes.
    public let names: [String]
    public let options: Options
    /// Places of the pictures that stay out of the gallery, ascending.
    public let strangers: [Int]
    public let copies: [Copy]

    /// The same names, options and seed give the same plan.
    /// - Throws: `set-unusable` if there are too few pictures.
    public init(names: [String], options: Options) throws(LabError) {
        try options.validate()
        let names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let needed = options.originalCount + options.strangerCount
        guard names.count >= max(2, needed) else {
            throw LabError(
                .unusableSet,
                "\(needed) pictures are asked for (\(options.originalCount) to copy, \(options.strangerCount) strangers); "
                    + "the folder has \(names.count).")
        }
        var generator = SeededGenerator(seed: options.seed)
        let shuffled = names.indices.shuffled(with: &generator)
        let strangers = shuffled.prefix(options.strangerCount).sorted()
        let originals = shuffled.dropFirst(options.strangerCount).prefix(options.originalCount).sorted()
        var copies: [Copy] = []
        for source in (strangers + originals).sorted() {
            for kind in options.kinds {
                // Nothing about a flip can be stronger.
                for strength in kind == .flip ? [1] : options.strengths {
                    let draws = (0..<Alteration.drawCount).map { _ in generator.unit() }
                    copies.append(
                        Copy(
                            source: source, alteration: Alteration(kind, strength: strength, draws: draws),
                            path:
                                "copies/\(Self.folder(of: names[source], at: source))/\(Self.label(kind, strength)).jpg"
                        ))
                }
            }
        }
        self.names = names
        self.options = options
        self.strangers = strangers
        self.copies = copies
    }

    /// Where an original lies in the set.
    public static func originalPath(of name: String) -> String { "originals/\(name)" }

    /// The group that a copy's query belongs to: `crop 80%`.
    public static func label(_ kind: Alteration.Kind, _ strength: Double) -> String {
        kind == .flip ? kind.rawValue : "\(kind.rawValue) \(Int((strength * 100).rounded()))%"
    }

    /// Two names that differ by their ending only are two folders.
    private static func folder(of name: String, at place: Int) -> String {
        let base = name.split(separator: "/").last.map(String.init) ?? name
        return "\(place)-\(base.split(separator: ".", omittingEmptySubsequences: false).first ?? "")"
    }
}

extension SeededGenerator {
    /// From 0 up to 1, in steps of 2⁻⁵³.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

extension RandomAccessCollection {
    /// Fisher and Yates' shuffle, which is ours so that no version of Swift changes it.
    func shuffled(with generator: inout SeededGenerator) -> [Element] {
        var elements = Array(self)
        for last in elements.indices.dropFirst().reversed() {
            elements.swapAt(last, generator.index(below: last + 1))
        }
        return elements
    }
}
