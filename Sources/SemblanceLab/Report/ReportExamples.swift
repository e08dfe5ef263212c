/// Which queries a report shows: the best and the worst answered, of different classes where there are such.
struct ReportExamples {
    let best: [QueryResult]
    let worst: [QueryResult]

    /// - Parameter count: of each kind, at most; 0 shows none.
    init(_ evaluation: Evaluation, count: Int) {
        // Average precision, else whatever was measured first.
        let place = evaluation.metrics.firstIndex(of: .averagePrecision) ?? 0
        let images = evaluation.task.set.images
        // A perfect answer with many images to find says more than one with a single image.
        let ranked = evaluation.queries.sorted {
            ($1.values[place], $1.relevantCount, $0.query) < ($0.values[place], $0.relevantCount, $1.query)
        }
        best = Self.pick(count, of: ranked[...], images)
        let shown = Set(best.map(\.query))
        worst = Self.pick(count, of: ranked.reversed().filter { !shown.contains($0.query) }[...], images)
    }

    /// One of a class as long as that fills the list, then whatever comes first.
    private static func pick(
        _ count: Int, of ranked: ArraySlice<QueryResult>, _ images: [LabelledImage]
    ) -> [QueryResult] {
        var (picked, passed, seen) = ([QueryResult](), [QueryResult](), Set<[String]>())
        for result in ranked.prefix(count * 6) where picked.count < count {
            let labels = images[result.query].labels
            if labels.isEmpty || seen.insert(labels).inserted { picked.append(result) } else { passed.append(result) }
        }
        let filled = picked + passed.prefix(count - picked.count)
        let order = Dictionary(uniqueKeysWithValues: ranked.enumerated().map { ($1.query, $0) })
        return filled.sorted { order[$0.query]! < order[$1.query]! }
    }
}
