/// The greatest of many ranking keys, in order. For a few dozen of them: inserting moves half on average, but soon
/// hardly any key is among them.
struct NearestKeys {
    private let limit: Int
    /// Greatest first.
    private(set) var keys: [(key: RankingKey, score: Float, grade: Int)] = []

    init(limit: Int) {
        self.limit = limit
        keys.reserveCapacity(limit + 1)
    }

    mutating func add(_ key: RankingKey, score: Float, grade: Int) {
        if keys.count == limit {
            guard let last = keys.last, key > last.key else { return }
            keys.removeLast()
        }
        let place = keys.firstIndex { $0.key < key } ?? keys.count
        keys.insert((key, score, grade), at: place)
    }

    var images: [RankedImage] {
        keys.map { RankedImage(position: $0.key.position, score: $0.score, grade: $0.grade) }
    }
}
