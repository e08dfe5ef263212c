import Foundation

/// Gathers a set's images from whatever lists them, with the checks that all kinds of sets share.
struct SetBuilder {
    /// One image as it is listed.
    struct Entry {
        /// The id; by default the image's path as it is listed.
        var id: String?
        /// Absolute, or relative to the list's folder.
        var path: String
        var labels: [String]
        var role = LabelledImage.Role.both
    }

    let name: String
    /// What relative paths start from.
    let folder: String
    let options: SetOptions
    var issues = SetIssues()
    private var images: [LabelledImage] = []
    /// Where each id was seen first, for messages.
    private var places: [LabelledImage.ID: Int] = [:]
    private var leftOutCount = 0

    init(name: String, folder: String, options: SetOptions) {
        self.name = name
        self.folder = folder
        self.options = options
    }

    /// - Parameters:
    ///   - line: from 1; `nil` if the entry is a file found in a folder, which is there and is there once.
    ///   - list: the list's path, for messages.
    /// - Throws: `set-duplicate-id`, `set-unknown-label`, `set-malformed`.
    mutating func add(_ entry: Entry, line: Int? = nil, of list: String) throws(LabError) {
        let place = line.map { "Line \($0) of '\(list)'" } ?? "'\(entry.path)'"
        guard !entry.path.isEmpty else { throw LabError(.malformedSet, "\(place) names no image.") }
        let id = LabelledImage.ID(entry.id ?? Self.withoutDots(entry.path))
        guard id.text.utf8.starts(with: options.idPrefix.utf8) else {
            leftOutCount += 1
            return
        }
        if let line {
            if let first = places.updateValue(line, forKey: id) {
                throw LabError(
                    .duplicateID,
                    "\(place) has the id '\(id)', as line \(first) has. Give an image one line with all its labels.")
            }
        }
        let labels = entry.labels.map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
        try checkLabels(labels, place)
        let path = entry.path.hasPrefix("/") ? entry.path : folder + "/" + entry.path
        guard line == nil || access(path, F_OK) == 0 else { return issues.add(SetIssue(.missingImage, id.text)) }
        images.append(LabelledImage(id: id, path: path, labels: labels, role: entry.role))
    }

    private func checkLabels(_ labels: [String], _ place: String) throws(LabError) {
        guard let known = options.knownLabels, let unknown = labels.first(where: { !known.contains($0) }) else {
            return
        }
        throw LabError(
            .unknownLabel,
            "\(place) has the label '\(unknown)', which is none of the \(known.count) that were declared.")
    }

    /// Ends the gathering: reads the judgements, if there are any, and looks the whole over.
    /// - Throws: `set-unusable`, and what judgements throw.
    consuming func finish() throws(LabError) -> LabelledSet {
        try checkThatThereAreImages()
        var issues = self.issues
        guard let path = options.judgementsPath else {
            return try LabelledSet(
                name: name, images: images, relevance: options.gradesBySharedLabels ? .sharedLabelCount : .sharedLabel,
                issues: issues)
        }
        let unjudged = try LabelledSet(name: name, images: images)
        let judgements = try Judgements(contentsOf: path, for: unjudged, issues: &issues)
        return try LabelledSet(name: name, images: images, relevance: .judgements(judgements), issues: issues)
    }

    private func checkThatThereAreImages() throws(LabError) {
        guard images.isEmpty else { return }
        let missing = issues.count(of: .missingImage)
        if missing > 0 {
            throw LabError(
                .unusableSet,
                "None of the \(missing) images of '\(name)' is there. Paths are relative to '\(folder)'; the first is "
                    + "'\(issues.examples.first { $0.kind == .missingImage }?.subject ?? "")'.")
        }
        if leftOutCount > 0 {
            throw LabError(
                .unusableSet, "None of the \(leftOutCount) ids of '\(name)' begins with '\(options.idPrefix)'.")
        }
        throw LabError(.unusableSet, "The set '\(name)' lists no images.")
    }

    /// What `find .` prints begins with "./".
    private static func withoutDots(_ path: String) -> String {
        var path = path[...]
        while path.hasPrefix("./") { path = path.dropFirst(2) }
        return String(path)
    }
}
