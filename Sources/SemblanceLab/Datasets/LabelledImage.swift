/// One image of a labelled set.
public struct LabelledImage: Hashable, Sendable {
    /// What an image is called in lists, judgements and reports.
    ///
    /// Two ids are the same only if their bytes are, and they are ordered by their bytes, as trec_eval's `strcmp` does:
    /// Swift's strings take "é" in one scalar and in two for equal, and a folder may hold both.
    public struct ID: Sendable, CustomStringConvertible {
        public let text: String

        public init(_ text: String) {
            var text = text
            text.makeContiguousUTF8()
            self.text = text
        }

        public var description: String { text }
    }

    /// What an image is there for.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// Asked, never found.
        case query
        /// Found, never asked.
        case gallery
        /// Both; it never finds itself.
        case both

        var isQuery: Bool { self != .gallery }
        var isInGallery: Bool { self != .query }
    }

    public let id: ID
    /// Where its file is: absolute, or relative to the working folder.
    public let path: String
    /// Its classes, ascending, each once; empty for an image that is only there to be confused with others.
    public let labels: [String]
    public let role: Role

    public init(id: ID, path: String, labels: some Sequence<String>, role: Role = .both) {
        self.id = id
        self.path = path
        self.labels = Set(labels).sorted()
        self.role = role
    }
}

extension LabelledImage.ID: Hashable, Comparable {
    public static func == (left: Self, right: Self) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        text.utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
