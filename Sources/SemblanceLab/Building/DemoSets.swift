import Foundation
import SemblanceCore

/// Labelled sets out of the demo pictures that `make demo` gets from Debian packages.
///
/// Labels are what the packages say about their pictures, and were not made for measuring: a furniture's category is the
/// room it is sold for, and a stamp's folder the topic that a child looks under. See docs/evaluating.md.
public enum DemoSets {
    /// A set: its list's name, and each picture's path and label.
    public struct List: Hashable, Sendable {
        public let name: String
        public let entries: [Entry]
        public let classCount: Int
    }

    public struct Entry: Hashable, Sendable {
        public let path: String
        public let label: String
    }

    /// Folders that tell how a stamp is drawn, not what it shows.
    private static let stampStyles: Set<String> = ["cartoon", "toys", "plastic"]

    /// Reads the demo's metadata and makes three lists: stamps by topic, furniture by category, and furniture by kind.
    /// Calls block.
    /// - Parameters:
    ///   - folder: holds `metadata.jsonl`.
    ///   - leastCount: classes with fewer pictures are left out; 2 or more.
    /// - Throws: `set-unreadable`, `set-malformed`, `set-unusable` if there is none of these pictures.
    public static func lists(in folder: String, leastCount: Int) throws(LabError) -> [List] {
        let path = folder + "/metadata.jsonl"
        var lines = try LineReader(path: path)
        var entries: [String: [Entry]] = [:]
        while let line = try lines.next() {
            guard !line.text.trimmingSpaces().isEmpty else { continue }
            guard let value = try? JSONValue(parsing: Array(line.text.utf8)), case .string(let picture)? = value["path"]
            else {
                throw LabError(.malformedSet, "Line \(line.number) of '\(path)' is not of the demo's form.")
            }
            for (list, label) in labels(of: picture, value["metadata"]) {
                entries[list, default: []].append(Entry(path: picture, label: label))
            }
        }
        let lists = entries.sorted { $0.key < $1.key }.map { list($0.key, $0.value, leastCount) }.filter {
            $0.classCount > 1
        }
        guard !lists.isEmpty else {
            throw LabError(.unusableSet, "'\(path)' lists none of the demo pictures that 'make demo' gets.")
        }
        return lists
    }

    /// Which lists a picture is in, and as what.
    private static func labels(of path: String, _ metadata: JSONValue?) -> [(list: String, label: String)] {
        let folders = path.split(separator: "/").dropLast().map(String.init)
        switch folders.first {
        case "stamps":
            let topic = folders.dropFirst().filter { !stampStyles.contains($0) }
            return topic.isEmpty ? [] : [("stamps", topic.joined(separator: "/"))]
        case "furniture":
            var labels: [(String, String)] = []
            if case .string(let category)? = metadata?["category"] { labels.append(("furniture", category)) }
            if case .string(let name)? = metadata?["name"] { labels.append(("furniture-kinds", kind(of: name))) }
            return labels
        default: return []
        }
    }

    /// "Armchair 3" is an armchair.
    private static func kind(of name: String) -> String {
        let words = name.lowercased().split(whereSeparator: \.isWhitespace)
        let named = words.reversed().drop { $0.allSatisfy(\.isNumber) }.reversed()
        return named.joined(separator: " ")
    }

    private static func list(_ name: String, _ entries: [Entry], _ leastCount: Int) -> List {
        let counts = Dictionary(entries.map { ($0.label, 1) }, uniquingKeysWith: +)
        let kept = entries.filter { counts[$0.label, default: 0] >= max(2, leastCount) }
        return List(name: name, entries: kept, classCount: Set(kept.map(\.label)).count)
    }
}

extension DemoSets.List {
    /// The list as JSON lines.
    public var text: String {
        entries.map { JSONValue.object(["image": .string($0.path), "label": .string($0.label)]).text + "\n" }.joined()
    }
}
