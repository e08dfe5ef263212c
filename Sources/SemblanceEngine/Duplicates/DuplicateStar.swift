import SemblanceCore

/// A group of near-duplicates around a centre.
///
/// Joining every chain of similar pairs makes groups whose ends have nothing in common. Here each member is similar
/// to the centre itself: images are taken by falling number of similar images; each that is still free becomes a
/// centre and takes its free neighbours. (Star clustering: Aslam, Pelekhov, Rus, 1999.)
package struct DuplicateStar {
    /// The centre first (score 1), then by falling similarity to it, ties by number.
    package let members: [Neighbour]

    /// Groups pairs, largest group first, ties by the centre's number.
    package static func group(_ pairs: [NeighbourPair]) -> [DuplicateStar] {
        var neighbours: [CatalogueImage.ID: [Neighbour]] = [:]
        for pair in pairs {
            neighbours[pair.first, default: []].append(Neighbour(id: pair.second, score: pair.score))
            neighbours[pair.second, default: []].append(Neighbour(id: pair.first, score: pair.score))
        }
        let order = neighbours.keys.sorted {
            let (left, right) = (neighbours[$0]!.count, neighbours[$1]!.count)
            return left == right ? $0 < $1 : left > right
        }
        var taken: Set<CatalogueImage.ID> = []
        var stars: [DuplicateStar] = []
        for centre in order where !taken.contains(centre) {
            let free = neighbours[centre]!.filter { !taken.contains($0.id) }
            guard !free.isEmpty else { continue }
            taken.insert(centre)
            taken.formUnion(free.map(\.id))
            let sorted = free.sorted { $0.score == $1.score ? $0.id < $1.id : $0.score > $1.score }
            stars.append(DuplicateStar(members: [Neighbour(id: centre, score: 1)] + sorted))
        }
        return stars.sorted {
            $0.members.count == $1.members.count
                ? $0.members[0].id < $1.members[0].id : $0.members.count > $1.members.count
        }
    }
}
