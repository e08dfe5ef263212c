import CVectorKernels
import SemblanceCore
import SemblanceTesting
import Testing

/// True scores lie within the bounds that the scan computes.
@Suite struct ErrorBoundTests {
    static let dimensions = [1, 2, 3, 17, 64, 100, 512, 1280]

    struct Quantised {
        var bytes: [UInt8]
        let stride: Int
        let heads: [cvk_row_head]
    }

    static func quantise(_ vectors: [Embedding]) -> Quantised {
        let dimension = vectors[0].dimension
        let stride = 8 + (dimension + 7) / 8 * 8
        var bytes = [UInt8](repeating: 0, count: stride * vectors.count)
        let heads = vectors.enumerated().map { number, vector in
            var head = cvk_row_head()
            bytes.withUnsafeMutableBytes { buffer in
                let row = buffer.baseAddress! + number * stride
                cvk_quantise_row(vector.values, dimension, (row + 8).assumingMemoryBound(to: Int8.self), &head)
                row.storeBytes(of: head.scale, as: Float.self)
                row.storeBytes(of: head.residual, toByteOffset: 4, as: Float.self)
            }
            return head
        }
        return Quantised(bytes: bytes, stride: stride, heads: heads)
    }

    static func hits(_ query: Embedding, _ rows: Quantised, count: Int, floor: Double) -> [cvk_hit] {
        let dimension = query.dimension
        var hits = [cvk_hit](repeating: cvk_hit(), count: count)
        var high = [Int8](repeating: 0, count: dimension)
        var low = high
        var found = 0
        high.withUnsafeMutableBufferPointer { high in
            low.withUnsafeMutableBufferPointer { low in
                var quantised = cvk_quantise_query(query.values, dimension, high.baseAddress, low.baseAddress)
                for first in stride(from: 0, to: count, by: Int(CVK_SCAN_ROWS)) {
                    found += rows.bytes.withUnsafeBufferPointer { bytes in
                        hits.withUnsafeMutableBufferPointer { hits in
                            cvk_scan(
                                cvk_best_isa(), &quantised, dimension, bytes.baseAddress! + first * rows.stride,
                                rows.stride, min(Int(CVK_SCAN_ROWS), count - first), UInt32(100 + first), floor,
                                hits.baseAddress! + found)
                        }
                    }
                }
            }
        }
        return Array(hits[..<found])
    }

    @Test(arguments: VectorKind.allCases)
    func scoresLieWithinTheirBounds(_ kind: VectorKind) {
        for dimension in Self.dimensions {
            let rows = kind.vectors(60, dimension, seed: 1)
            let quantised = Self.quantise(rows)
            for queryKind in VectorKind.allCases {
                let query = queryKind.vectors(3, dimension, seed: 2)[2]
                let hits = Self.hits(query, quantised, count: rows.count, floor: -.infinity)
                #expect(hits.map(\.row) == (100..<160).map(UInt32.init))
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
            let quantised = Self.quantise(rows)
            for (number, row) in rows.enumerated() {
                var squares = 0.0
                for at in 0..<dimension {
                    let code = Int8(bitPattern: quantised.bytes[number * quantised.stride + 8 + at])
                    let rest = Double(row.values[at]) - Double(quantised.heads[number].scale) * Double(code)
                    squares += rest * rest
                }
                let residual = Double(quantised.heads[number].residual)
                #expect(residual >= squares.squareRoot())
                #expect(residual <= squares.squareRoot() * 1.000001 + 1e-44)
            }
        }
    }

    @Test func listsExactlyTheRowsWhoseUpperBoundReachesTheFloor() {
        let rows = VectorKind.random.vectors(200, 33, seed: 4)
        let quantised = Self.quantise(rows)
        let all = Self.hits(rows[0], quantised, count: 200, floor: -.infinity)
        for floor in [-1, 0, 0.1, 0.3, 1.1] {
            let expected = all.filter { $0.upper >= floor }.map(\.row)
            #expect(Self.hits(rows[0], quantised, count: 200, floor: floor).map(\.row) == expected)
        }
    }

    @Test(arguments: [VectorKind.random, .clustered, .heavyTailed, .oneHot])
    func pairsAboveTheFloorAreAllListed(_ kind: VectorKind) {
        for dimension in [1, 5, 64, 333] {
            let rows = kind.vectors(24, dimension, seed: 5)
            let quantised = Self.quantise(rows)
            let stride = (dimension + 63) / 64 * 64
            var packed = [Int8](repeating: 0, count: 24 * stride)
            var sums: [Int32] = []
            for row in 0..<24 {
                let codes = (0..<dimension).map { Int8(bitPattern: quantised.bytes[row * quantised.stride + 8 + $0]) }
                sums.append(
                    packed.withUnsafeMutableBufferPointer {
                        cvk_pack_row(codes, dimension, stride, $0.baseAddress! + row * stride)
                    })
            }
            var dots = [Int32](repeating: 0, count: 24 * 24)
            cvk_dot_block(cvk_best_isa(), packed, sums, 24, packed, 24, stride, &dots)
            for floor: Float in [-1, 0, 0.5, 0.99] {
                let found = Self.pairs(dots, quantised.heads, floor: floor)
                for a in 0..<24 {
                    for b in 0..<24 where Float(exactDot(rows[a].values, rows[b].values)) >= floor {
                        #expect(found.contains(a * 24 + b))
                    }
                }
            }
        }
    }

    static func pairs(_ dots: [Int32], _ heads: [cvk_row_head], floor: Float) -> Set<Int> {
        let scales = heads.map(\.scale)
        let residuals = heads.map(\.residual)
        var pairs = [cvk_pair](repeating: cvk_pair(), count: dots.count)
        let count = scales.withUnsafeBufferPointer { scales in
            residuals.withUnsafeBufferPointer { residuals in
                let block = cvk_block(
                    scales: scales.baseAddress, residuals: residuals.baseAddress, count: heads.count)
                return cvk_pairs(dots, heads.count, block, block, floor, &pairs)
            }
        }
        return Set(pairs[..<count].map { Int($0.a) * heads.count + Int($0.b) })
    }
}
