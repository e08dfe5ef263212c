import Foundation

/// A set that is a CSV file. The first line names the columns: `image` (or `path`, `file`), and as there are `id`,
/// `split` (query, gallery or both) and any number of `label` columns.
///
/// If the last column is a label, a line may go on with more labels: `image,label` and then `a.jpg,shoe,red`.
/// Labels are never taken apart at other characters; empty ones are left out, and so are columns of other names.
struct CSVList {
    private let path: String
    private let imageColumn: Int
    private let idColumn: Int?
    private let splitColumn: Int?
    private let labelColumns: [Int]
    private let columnCount: Int

    /// Reads a whole list. Calls block.
    static func read(_ path: String, _ builder: SetBuilder) throws(LabError) -> LabelledSet {
        var builder = builder
        var reader = try CSVReader(path: path)
        guard let header = try reader.next() else {
            throw LabError(.malformedSet, "'\(path)' is empty; expected a first line such as 'image,label'.")
        }
        let list = try CSVList(header, path, labelField: builder.options.labelField)
        while let record = try reader.next() {
            try builder.add(try list.entry(record), line: record.line, of: path)
        }
        return try builder.finish()
    }

    private init(_ header: CSVReader.Record, _ path: String, labelField: String?) throws(LabError) {
        let names = header.fields.map { $0.trimmingSpaces().lowercased() }
        guard let image = names.firstIndex(where: { ["image", "path", "file"].contains($0) }) else {
            throw LabError(
                .malformedSet,
                "The first line of '\(path)' names no column 'image'; expected something like 'image,label', not "
                    + "'\(header.fields.joined(separator: ","))'.")
        }
        let field = labelField?.lowercased()
        let labels = names.indices.filter { index in
            field.map { names[index] == $0 } ?? (names[index] == "labels" || Self.isNumberedLabel(names[index]))
        }
        if let labelField, labels.isEmpty {
            throw LabError(.malformedSet, "The first line of '\(path)' names no column '\(labelField)'.")
        }
        self.path = path
        (imageColumn, labelColumns, columnCount) = (image, labels, names.count)
        idColumn = names.firstIndex(of: "id")
        splitColumn = names.firstIndex(of: "split")
    }

    private func entry(_ record: CSVReader.Record) throws(LabError) -> SetBuilder.Entry {
        let fields = record.fields
        let hasMoreLabels = labelColumns.last == columnCount - 1
        guard fields.count <= columnCount || hasMoreLabels else {
            throw LabError(
                .malformedSet,
                "Line \(record.line) of '\(path)' has \(fields.count) fields; expected at most \(columnCount), as the "
                    + "first line has.")
        }
        var labels = labelColumns.filter { $0 < fields.count }.map { fields[$0] }
        if hasMoreLabels { labels += fields.dropFirst(columnCount) }
        let field = { (column: Int?) in column.flatMap { $0 < fields.count && !fields[$0].isEmpty ? fields[$0] : nil } }
        return SetBuilder.Entry(
            id: field(idColumn), path: field(imageColumn) ?? "", labels: labels,
            role: try LabelledImage.Role(text: field(splitColumn), line: record.line, of: path))
    }

    /// `label`, `label2`, `label_3`.
    private static func isNumberedLabel(_ name: String) -> Bool {
        name.hasPrefix("label") && name.dropFirst(5).allSatisfy { $0.isNumber || $0 == "_" || $0 == " " }
    }
}

extension LabelledImage.Role {
    /// - Throws: `set-malformed`.
    init(text: String?, line: Int, of path: String) throws(LabError) {
        guard let text = text?.trimmingSpaces(), !text.isEmpty else {
            self = .both
            return
        }
        guard let role = Self(rawValue: text.lowercased()) else {
            throw LabError(
                .malformedSet, "Line \(line) of '\(path)' has the split '\(text)'; expected query, gallery or both.")
        }
        self = role
    }
}
