// Findings as plain sentences.

/// Sentences for people.
struct FindingWords {
    private(set) var sentences: [String] = []

    mutating func say(best: BenchmarkFindings.Candidate?, _ candidates: [BenchmarkFindings.Candidate]) {
        guard let best else { return }
        sentences.append(
            "The best mean mAP of \(candidates.count) models is that of \(best.title): "
                + "\(best.meanAveragePrecision.rounded(3)), at \(best.searchMilliseconds.rounded(1)) ms a search.")
    }

    mutating func say(_ what: String, _ candidate: BenchmarkFindings.Candidate?) {
        guard let candidate else {
            sentences.append("\(what): none.")
            return
        }
        sentences.append(
            "\(what): \(candidate.title), mAP \(candidate.meanAveragePrecision.rounded(3)), "
                + "\(candidate.searchMilliseconds.rounded(1)) ms a search, \(candidate.bytesPerVector) bytes a vector.")
    }

    /// A sentence for each 8-bit form and each other form of its model, over all sets.
    mutating func say(_ pairs: [BenchmarkFindings.PrecisionPair]) {
        var seen: Set<[String]> = []
        for pair in pairs where pair.second == "int8" && seen.insert([pair.base, pair.first]).inserted {
            sentences.append(
                Self.summary(of: pairs.filter { $0.base == pair.base && $0.first == pair.first && $0.second == "int8" })
            )
        }
    }

    /// - Parameter pairs: one or more, of the same two forms.
    private static func summary(of pairs: [BenchmarkFindings.PrecisionPair]) -> String {
        let differences = pairs.map(\.difference)
        let (least, most) = (differences.min() ?? 0, differences.max() ?? 0)
        let real = pairs.filter { $0.pValue < 0.05 }.map { "\($0.set) (\($0.difference.signed(4)))" }
        var sentence = "\(pairs[0].base) in int8 against \(pairs[0].first): mAP "
        sentence +=
            pairs.count == 1
            ? "\(least.signed(4)) on \(pairs[0].set)"
            : "\(least.signed(4)) to \(most.signed(4)) over \(pairs.count) sets"
        sentence += real.isEmpty ? ", which may all be chance" : "; more than chance on \(real.joined(separator: ", "))"
        if let ratio = pairs[0].latencyRatio { sentence += "; \(ratio.rounded(2)) times the latency" }
        if let ratio = pairs[0].byteRatio { sentence += ", \(ratio.rounded(2)) times the size" }
        return sentence + "."
    }

    /// HNSW in PostgreSQL and the embedded index against hashing, on the largest collection of each model; other
    /// precisions of it in a sentence for all.
    mutating func sayIndexes(of rows: [ModelRow]) {
        var spreads: [(name: String, value: Double)] = []
        for group in rows.groupedByBase {
            let forms = group.map(Self.onLargest).filter { !$0.isEmpty }
            guard let results = forms.first else { continue }
            if forms.count > 1 {
                for result in results {
                    let recalls = forms.compactMap { form in form.first { $0.index == result.index }?.recall }
                    spreads.append(("\(result.index), \(group[0].base)", (recalls.max() ?? 0) - (recalls.min() ?? 0)))
                }
            }
            let compared = ["pgvector", "local", "lsh"].compactMap { name in results.first { $0.index == name } }
            guard compared.count > 1, compared.last?.index == "lsh" else { continue }
            let parts = compared.map { result in
                "\(result.index) found \((100 * result.recall).rounded(1))% at \(result.latency.p50.rounded(2)) ms, "
                    + "\(Int(result.queriesPerSecond)) searches a second, built in \(result.buildSeconds.rounded(1)) s, "
                    + "\(Int(result.bytesPerVector)) bytes a vector"
            }
            sentences.append(
                "\(results[0].vectorCount) vectors of \(group[0].title): \(parts.joined(separator: "; ")).")
        }
        if let widest = spreads.max(by: { $0.value < $1.value }) {
            sentences.append(
                "The recall of one index in two precisions of one model differs by "
                    + "\((100 * widest.value).rounded(1)) points at most (\(widest.name)).")
        }
    }

    /// What was measured on the largest collection.
    private static func onLargest(_ row: ModelRow) -> [IndexResult] {
        let results = row.indexes.compactMap(\.outcome.value)
        let largest = results.map(\.vectorCount).max()
        return results.filter { $0.vectorCount == largest }
    }

    /// How far answers through each index are from those of the exact scan.
    mutating func sayAnswers(of rows: [ModelRow]) {
        var changes: [String: [String: (difference: Double, place: String)]] = [:]
        for row in rows {
            for quality in row.indexQualities where quality.index != "exact" {
                let exact = row.indexQualities.first { $0.index == "exact" && $0.set == quality.set }
                guard let values = quality.outcome.value, let others = exact?.outcome.value else { continue }
                for (value, other) in zip(values, others) {
                    let difference = value.value - other.value
                    let known = changes[quality.index]?[value.metric]?.difference.magnitude ?? -1
                    guard difference.magnitude > known else { continue }
                    changes[quality.index, default: [:]][value.metric] = (difference, "\(row.title) on \(quality.set)")
                }
            }
        }
        for (index, metrics) in changes.sorted(by: { $0.key < $1.key }) {
            let parts = metrics.sorted { $0.key < $1.key }.map { metric, change in
                change.difference.magnitude < 0.0005
                    ? "\(metric) nothing" : "\(metric) \(change.difference.signed(3)) (\(change.place))"
            }
            sentences.append("At most, \(index) changes of the exact scan's answers: \(parts.joined(separator: ", ")).")
        }
    }
}
