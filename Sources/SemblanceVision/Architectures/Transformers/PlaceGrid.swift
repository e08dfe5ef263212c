/// The embeddings of a square grid of places, and what they are on a finer or coarser grid.
struct PlaceGrid {
    /// Places of a side.
    let side: Int
    /// Components of an embedding.
    let width: Int
    /// Row by row, embedding after embedding.
    let values: [Float]

    /// Resamples as PyTorch's `interpolate(mode="bicubic", align_corners=False)` does: Keys' cubic convolution with
    /// −0.75, without widening the filter when the grid gets coarser, and with the edge repeated outside.
    func resampled(to newSide: Int) -> [Float] {
        guard newSide != side else { return values }
        let taps = (0..<newSide).map { shares(for: $0, of: newSide) }
        var result = [Float](repeating: 0, count: newSide * newSide * width)
        for row in 0..<newSide {
            for column in 0..<newSide {
                let target = (row * newSide + column) * width
                for (y, down) in taps[row] {
                    for (x, across) in taps[column] {
                        let source = (y * side + x) * width
                        let factor = Float(down * across)
                        for index in 0..<width { result[target + index] += factor * values[source + index] }
                    }
                }
            }
        }
        return result
    }

    /// The four places of a line that a new place is mixed from, and their shares.
    private func shares(for place: Int, of newSide: Int) -> [(place: Int, share: Double)] {
        let centre = (Double(place) + 0.5) * Double(side) / Double(newSide) - 0.5
        let first = centre.rounded(.down)
        return (-1...2).map { offset in
            let nearest = min(max(Int(first) + offset, 0), side - 1)
            return (nearest, Self.cubic(abs(centre - first - Double(offset))))
        }
    }

    private static func cubic(_ distance: Double) -> Double {
        let a = -0.75
        return distance <= 1
            ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
            : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    }
}
