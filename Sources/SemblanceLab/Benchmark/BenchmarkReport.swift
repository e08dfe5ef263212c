import Foundation

/// Everything that a benchmark found, and under which circumstances.
public struct BenchmarkReport: Hashable, Sendable, Encodable {
    /// What is known of a set.
    public struct SetSummary: Hashable, Sendable, Encodable {
        public let name: String
        public let imageCount: Int
        public let labelCount: Int
    }

    /// Raised when members change their meaning.
    public var format = 1
    public let createdAt: String
    /// The command line that made it.
    public let command: String
    public let options: BenchmarkPlan.Options
    public let circumstances: BenchmarkCircumstances
    public let sets: [SetSummary]
    public var rows: [ModelRow]
    /// What was asked for and not run, and why.
    public let leftOut: [LeftOut]
    public let findings: BenchmarkFindings

    public init(
        _ plan: BenchmarkPlan, rows: [ModelRow], leftOut: [LeftOut], circumstances: BenchmarkCircumstances,
        command: String, createdAt: Date
    ) {
        self.createdAt = createdAt.ISO8601Format()
        self.command = command
        options = plan.options
        self.circumstances = circumstances
        sets = plan.sets.map { set in
            SetSummary(
                name: set.name, imageCount: set.images.count, labelCount: Set(set.images.flatMap(\.labels)).count)
        }
        self.leftOut = leftOut
        findings = BenchmarkFindings(rows)
        self.rows = rows.map { $0.withoutQueryValues }
    }

    /// Indented, with members in a fixed order, named as in all our JSON.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// Parts of the matrix that failed.
    public var failures: [LeftOut] {
        rows.flatMap { row in
            let models = [row.quality.failure, row.speed?.failure].compactMap { $0 }
                .map { LeftOut(name: row.title, reason: $0.message) }
            let indexes = row.indexes.compactMap { index in
                index.outcome.failure.map {
                    LeftOut(name: "\(row.title), \(index.index) (\(index.collection))", reason: $0.message)
                }
            }
            let qualities = row.indexQualities.compactMap { quality in
                quality.outcome.failure.map {
                    LeftOut(name: "\(row.title), \(quality.set) through \(quality.index)", reason: $0.message)
                }
            }
            return models + indexes + qualities
        }
    }
}

extension ModelRow {
    /// A report holds means; each query's value would make it large.
    fileprivate var withoutQueryValues: ModelRow {
        guard case .done(var value) = quality else { return self }
        for place in value.sets.indices { value.sets[place].averagePrecisions = nil }
        return ModelRow(
            title: title, base: base, modelID: modelID, precision: precision, quality: .done(value), speed: speed,
            indexes: indexes, indexQualities: indexQualities)
    }
}

/// A table as rows of text, for whoever draws it.
public struct ReportTable: Hashable, Sendable {
    public let title: String
    public let header: [String]
    public let rows: [[String]]
}

extension BenchmarkReport {
    /// Quality of each model on each set.
    public var qualityTables: [ReportTable] {
        sets.map { set in
            let lines = rows.map { row -> [String] in
                guard let quality = row.quality.value?.sets.first(where: { $0.set == set.name }) else {
                    return [row.title] + ModelMeasurement.metrics.map { _ in "failed" }
                }
                return [row.title]
                    + ModelMeasurement.metrics.map { metric in
                        quality[metric].map { "\($0.value.rounded(3)) (\($0.low.rounded(3))–\($0.high.rounded(3)))" }
                            ?? "–"
                    }
            }
            return ReportTable(
                title: "\(set.name): \(set.imageCount) images, \(set.labelCount) labels",
                header: ["model"] + ModelMeasurement.metrics.map(\.key), rows: lines)
        }
    }

    /// Speed and size of each model.
    public var speedTable: ReportTable {
        ReportTable(
            title: "Speed and size",
            header: [
                "model", "one image, ms: p50", "p95", "p99", "images/s", "loads in s", "weights", "dimension",
                "mean mAP",
            ],
            rows: rows.map { row in
                let quality = row.quality.value
                let size = quality.map { $0.modelByteCount > 0 ? Self.bytes(Int($0.modelByteCount)) : "none" } ?? "–"
                let end =
                    [size, quality.map { "\($0.dimension)" } ?? "–"]
                    + [quality?.meanAveragePrecision.rounded(3) ?? "failed"]
                guard let speed = row.speed?.value else { return [row.title] + ["–", "–", "–", "–", "–"] + end }
                return [
                    row.title, speed.latency.p50.rounded(2), speed.latency.p95.rounded(2),
                    speed.latency.p99.rounded(2), speed.imagesPerSecond.rounded(0), speed.loadSeconds.rounded(2),
                ] + end
            })
    }

    /// Indexes side by side, a table for each model and collection.
    public var indexTables: [ReportTable] {
        rows.groupedByBase.flatMap { group in group.collections.map { indexTable(of: group, collection: $0) } }
    }

    /// - Parameter group: rows of one base.
    func indexTable(of group: [ModelRow], collection: String) -> ReportTable {
        let indexes = group.flatMap { row in
            row.indexes.filter { $0.collection == collection }.map { (row.precision, $0) }
        }
        let some = indexes.lazy.compactMap(\.1.outcome.value).first
        let size = some.map { "\($0.vectorCount) × \($0.dimension), " } ?? ""
        return ReportTable(
            title: "\(group[0].base): \(size)\(collection) vectors",
            header: [
                "index", "precision", "recall@\(options.limit)", "one search, ms: p50", "p95", "p99", "searches/s",
                "built in s", "bytes a vector", "in all", "settings",
            ],
            rows: indexes.map { precision, index in
                guard let result = index.outcome.value else {
                    return [index.index, precision] + [String](repeating: "–", count: 8)
                        + [index.outcome.failure?.message ?? "failed"]
                }
                return [
                    result.index, precision, result.recall.rounded(4), result.latency.p50.rounded(3),
                    result.latency.p95.rounded(3), result.latency.p99.rounded(3), result.queriesPerSecond.rounded(0),
                    result.buildSeconds.rounded(2), result.bytesPerVector.rounded(0), Self.bytes(result.byteCount),
                    result.settings,
                ]
            })
    }

    /// What searching through an index does to a model's answers.
    /// - Parameter group: rows of one base.
    func indexQualityTable(of group: [ModelRow]) -> ReportTable? {
        let qualities = group.flatMap { row in row.indexQualities.map { (row.precision, $0) } }
        guard let metrics = qualities.lazy.compactMap(\.1.outcome.value).first?.map(\.metric) else { return nil }
        return ReportTable(
            title: "\(group[0].base): answers through each index", header: ["set", "precision", "index"] + metrics,
            rows: sets.flatMap { set in
                qualities.filter { $0.1.set == set.name }.map { precision, quality in
                    [quality.set, precision, quality.index]
                        + (quality.outcome.value?.map { $0.value.rounded(3) } ?? metrics.map { _ in "failed" })
                }
            })
    }

    /// The same of all models that indexes were measured with.
    public var indexQualityTables: [ReportTable] { rows.groupedByBase.compactMap(indexQualityTable) }

    /// What makes the sets' numbers mean less, a line a set and kind.
    public var issueLines: [String] {
        let qualities = rows.lazy.compactMap(\.quality.value).first?.sets ?? []
        return qualities.flatMap { quality in
            SetIssue.Kind.allCases.compactMap { kind in
                quality.issueCounts[kind.rawValue].map { "\(quality.set): \(Figures.count($0)) \(kind.meaning)" }
            }
        }
    }

    static func bytes(_ count: Int) -> String {
        count < 1_000_000 ? "\((Double(count) / 1000).rounded(1)) kB" : "\((Double(count) / 1_000_000).rounded(1)) MB"
    }

    /// Machine, versions and load, each under its name.
    public var circumstanceLines: [(name: String, text: String)] {
        let versions = circumstances.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let (start, end) = (circumstances.loadAtStart, circumstances.loadAtEnd)
        var lines = [
            ("machine", circumstances.machine.text), ("versions", versions.joined(separator: ", ")),
            ("load average", "\(start.rounded(2)) at the start, \(end.rounded(2)) at the end"),
            (
                "measured",
                "\(options.roundCount) rounds by turns, \(options.latencyCount) single images and "
                    + "\(options.throughputCount) at once each, \(options.threadCount) threads; "
                    + "\(options.queryCount) queries at most, seed \(options.seed)"
            ),
        ]
        if circumstances.keptPartCount > 0 {
            lines.append(
                (
                    "kept",
                    "\(Figures.count(circumstances.keptPartCount, "part")) measured by earlier calls, under other loads"
                ))
        }
        if !circumstances.note.isEmpty { lines.append(("note", circumstances.note)) }
        return lines
    }
}

extension [ModelRow] {
    /// Forms of one model together, in the order of the first of each; no group is empty.
    var groupedByBase: [[ModelRow]] {
        var bases: [String] = []
        for row in self where !bases.contains(row.base) { bases.append(row.base) }
        return bases.map { base in filter { $0.base == base } }
    }

    /// Collections that indexes were measured on, in their order.
    var collections: [String] {
        var names: [String] = []
        for index in flatMap(\.indexes) where !names.contains(index.collection) { names.append(index.collection) }
        return names
    }
}
