import CVectorKernels
import SemblanceCore
import SemblanceIndex
import SemblanceTesting
import Testing

/// True scores lie within the bounds that the scan computes.
@Suite struct ErrorBoundTests {
    static let dimensions = [1, 2, 3, 17, 64, 100, 512, 1280]

    struct Quantised {
        let dimension: Int
        let stride: Int
        let codes: [Int8]
        let quantisations: [cvk_quantisation]

        init(_ vectors: [Embedding]) {
            dimension = vectors[0].dimension
            stride = RowLayout(dimension: dimension).stride(of: .codes)
            var codes = [Int8](repeating: 0, count: stride * vectors.count)
            quantisations = codes.withUnsafeMutableBufferPointer { [dimension, stride] codes in
                vectors.enumerated().map { number, vector in
                    cvk_quantise_row(vector.values, dimension, codes.baseAddress! + number * stride)
                }
            }
            self.codes = codes
        }

        func withRows<Result>(_ body: (cvk_rows) -> Result) -> Result {
            codes.withUnsafeBufferPointer { codes in
                quantisations.withUnsafeBufferPointer {
                    body(
                        cvk_rows(
                            dimension: dimension, codes: codes.baseAddress, stride: stride,
                            quantisations: $0.baseAddress))
                }
            }
        }
    }

    static func hits(_ query: Embedding, _ quantised: Quantised, count: Int, floor: Double) -> [cvk_hit] {
        stride(from: 0, to: count, by: Int(CVK_SCAN_ROWS)).flatMap { first in
            let block = min(Int(CVK_SCAN_ROWS), count - first)
            return scan(query, quantised, room: block) {
                cvk_scan(cvk_best_isa(), $0, $1, UInt32(first), block, floor, $2)
            }
        }
    }

    static func pickedHits(_ query: Embedding, _ quantised: Quantised, numbers: [UInt32]) -> [cvk_hit] {
        scan(query, quantised, room: numbers.count) {
            cvk_scan_picked(cvk_best_isa(), $0, $1, numbers, numbers.count, -.infinity, $2)
        }
    }

    private static func scan(
        _ query: Embedding, _ quantised: Quantised, room: Int,
        _ kernel: (UnsafePointer<cvk_query>, UnsafePointer<cvk_rows>, UnsafeMutablePointer<cvk_hit>) -> Int
    ) -> [cvk_hit] {
        var high = [Int8](repeating: 0, count: query.dimension)
        var low = high
        return high.withUnsafeMutableBufferPointer { high in
            low.withUnsafeMutableBufferPointer { low in
                let prepared = cvk_quantise_query(query.values, query.dimension, high.baseAddress, low.baseAddress)
                return quantised.withRows { rows in
                    var hits = [cvk_hit](repeating: cvk_hit(), count: room)
                    let found = withUnsafePointer(to: prepared) { query in
                        withUnsafePointer(to: rows) { kernel(query, $0, &hits) }
                    }
                    return Array(hits[..<found])
                }
            }
        }
    }

    @Test(arguments: VectorKind.allCases)
    func scoresLieWithinTheirBounds(_ kind: VectorKind) {
        for dimension in Self.dimensions {
            let rows = kind.vectors(60, dimension, seed: 1)
            let quantised = Quantised(rows)
            for queryKind in VectorKind.allCases {
                let query = queryKind.vectors(3, dimension, seed: 2)[2]
                let hits = Self.hits(query, quantised, count: rows.count, floor: -.infinity)
                #expect(hits.map(\.row) == (0..<60).map(UInt32.init))
                for (hit, row) in zip(hits, rows) {
                    let truth = exactDot(query.values, row.values)
                    #expect(hit.lower <= truth && truth <= hit.upper)
                    #expect(hit.upper - hit.lower < 0.3, "a bound that says something")
                }
            }
        }
    }

    @Test(arguments: VectorKind.allCases)
    func residualIsAtLeastWhatTheCodesMiss(_ kind: VectorKind) {
        for dimension in Self.dimensions {
            let rows = kind.vectors(20, dimension, seed: 3)
            let quantised = Quantised(rows)
            for (number, row) in rows.enumerated() {
                var squares = 0.0
                for at in 0..<dimension {
                    let code = Double(quantised.codes[number * quantised.stride + at])
                    let rest = Double(row.values[at]) - Double(quantised.quantisations[number].scale) * code
                    squares += rest * rest
                }
                let residual = Double(quantised.quantisations[number].residual)
                #expect(residual >= squares.squareRoot())
                #expect(residual <= squares.squareRoot() * 1.000001 + 1e-44)
            }
        }
    }

    @Test func listsExactlyTheRowsWhoseUpperBoundReachesTheFloor() {
        let rows = VectorKind.random.vectors(200, 33, seed: 4)
        let quantised = Quantised(rows)
        let all = Self.hits(rows[0], quantised, count: 200, floor: -.infinity)
        for floor in [-1, 0, 0.1, 0.3, 1.1] {
            let expected = all.filter { $0.upper >= floor }.map(\.row)
            #expect(Self.hits(rows[0], quantised, count: 200, floor: floor).map(\.row) == expected)
        }
    }

    @Test func pickedRowsGetTheSameBounds() {
        for dimension in Self.dimensions {
            let rows = VectorKind.random.vectors(200, dimension, seed: 6)
            let quantised = Quantised(rows)
            let all = Self.hits(rows[0], quantised, count: 200, floor: -.infinity)
            let numbers: [UInt32] = [0, 1, 63, 64, 65, 130, 199]
            let picked = Self.pickedHits(rows[0], quantised, numbers: numbers)
            #expect(picked.map(\.row) == numbers)
            for hit in picked {
                #expect(hit.lower == all[Int(hit.row)].lower && hit.upper == all[Int(hit.row)].upper)
            }
        }
    }

    @Test(arguments: [VectorKind.random, .clustered, .heavyTailed, .oneHot])
    func pairsAboveTheFloorAreAllListed(_ kind: VectorKind) {
        for dimension in [1, 5, 64, 333] {
            let rows = kind.vectors(24, dimension, seed: 5)
            let quantised = Quantised(rows)
            let stride = (dimension + 63) / 64 * 64
            var packed = [Int8](repeating: 0, count: 24 * stride)
            var sums: [Int32] = []
            for row in 0..<24 {
                let codes = Array(quantised.codes[row * quantised.stride..<row * quantised.stride + dimension])
                sums.append(
                    packed.withUnsafeMutableBufferPointer {
                        cvk_pack_row(codes, dimension, stride, $0.baseAddress! + row * stride)
                    })
            }
            var dots = [Int32](repeating: 0, count: 24 * 24)
            cvk_dot_block(cvk_best_isa(), packed, sums, 24, packed, 24, stride, &dots)
            for floor: Float in [-1, 0, 0.5, 0.99] {
                let found = Self.pairs(dots, quantised.quantisations, floor: floor)
                for a in 0..<24 {
                    for b in 0..<24 where Float(exactDot(rows[a].values, rows[b].values)) >= floor {
                        #expect(found.contains(a * 24 + b))
                    }
                }
            }
        }
    }

    static func pairs(_ dots: [Int32], _ quantisations: [cvk_quantisation], floor: Float) -> Set<Int> {
        let scales = quantisations.map(\.scale)
        let residuals = quantisations.map(\.residual)
        var pairs = [cvk_pair](repeating: cvk_pair(), count: dots.count)
        let count = scales.withUnsafeBufferPointer { scales in
            residuals.withUnsafeBufferPointer { residuals in
                let block = cvk_block(
                    scales: scales.baseAddress, residuals: residuals.baseAddress, count: quantisations.count)
                return cvk_pairs(dots, quantisations.count, block, block, floor, &pairs)
            }
        }
        return Set(pairs[..<count].map { Int($0.a) * quantisations.count + Int($0.b) })
    }
}
