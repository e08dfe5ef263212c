// Hashing by random hyperplanes.
//
// A hyperplane through a point μ with a random normal w splits the vectors into two halves: the bit of v is the sign of
// w·(v − μ). Two vectors with the angle θ between v − μ and v' − μ get the same bit with the probability 1 − θ/π
// (Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002; Goemans and Williamson 1995).
//
// μ is the mean of the vectors that an index was built from. Embeddings of networks lie in a narrow cone: seen from the
// origin all of them are alike, and most hyperplanes through it would have them all on one side. It costs nothing:
// w·(v − μ) = w·v − w·μ, a number for each plane.
//
// A component of a normal is the sum of 128 coin flips, a whole number from −64 to 64 that is near enough to normal, so
// a plane takes a byte a component and the kernel that scans codes computes w·v. A vector is rounded to 15 bits a
// component first. Everything is whole numbers, so a vector has the same bits whatever the processor.

import CVectorKernels

/// The hyperplanes of all tables.
///
/// `@unchecked Sendable`: `normals` is filled by `init` and only read afterwards.
package final class Hyperplanes: @unchecked Sendable {
    package let dimension: Int
    package let bitCount: Int
    package let tableCount: Int
    private let normals: UnsafeMutablePointer<Int8>
    /// w·μ of each plane.
    private let offsets: [Double]
    /// 1 ÷ ‖w‖ of each plane.
    private let inverseLengths: [Double]

    /// - Parameter centre: the point that all planes go through; `nil` means the origin.
    package init(dimension: Int, bitCount: Int, tableCount: Int, seed: UInt64, centre: [Float]?) {
        self.dimension = dimension
        self.bitCount = bitCount
        self.tableCount = tableCount
        let count = bitCount * tableCount
        normals = .allocate(capacity: count * dimension)
        var offsets = [Double](repeating: 0, count: count)
        var inverseLengths = offsets
        for plane in 0..<count {
            // A plane depends on its place alone: fewer bits or tables are the first of more.
            let place = UInt64(plane / bitCount) << 32 | UInt64(plane % bitCount)
            var flips = CoinFlips(seed: seed, stream: place)
            let normal = normals + plane * dimension
            var squares = 0.0
            for index in 0..<dimension {
                let component = flips.nextSum()
                normal[index] = component
                squares += Double(component) * Double(component)
                if let centre { offsets[plane] += Double(component) * Double(centre[index]) }
            }
            inverseLengths[plane] = squares > 0 ? 1 / squares.squareRoot() : 0
        }
        self.offsets = offsets
        self.inverseLengths = inverseLengths
    }

    deinit { normals.deallocate() }

    /// Bytes of memory.
    var byteCount: Int { bitCount * tableCount * (dimension + 16) }
}

/// Room to hash one vector after the other on one thread.
package struct Hasher {
    package let planes: Hyperplanes
    private let instructionSet: Int32
    private var high: [Int8]
    private var low: [Int8]
    private var dots: [Int32]
    private let rows: [UnsafePointer<Int8>?]

    package init(_ planes: Hyperplanes, instructionSet: Int32 = cvk_best_isa()) {
        self.planes = planes
        self.instructionSet = instructionSet
        let count = planes.bitCount * planes.tableCount
        high = [Int8](repeating: 0, count: planes.dimension)
        low = high
        dots = [Int32](repeating: 0, count: 2 * count)
        rows = (0..<count).map { planes.normal($0) }
    }

    /// The signed distance of a vector from each plane, table by table.
    package mutating func project(_ vector: UnsafePointer<Float>, into margins: inout [Float]) {
        var query = cvk_quantise_query(vector, planes.dimension, &high, &low)
        high.withUnsafeBufferPointer { high in
            low.withUnsafeBufferPointer { low in
                query.high = high.baseAddress
                query.low = low.baseAddress
                cvk_dot_query(instructionSet, &query, planes.dimension, rows, rows.count, 0, &dots)
            }
        }
        for plane in margins.indices {
            let sum = 128 * Double(dots[2 * plane]) + Double(dots[2 * plane + 1])
            margins[plane] = planes.margin(query.step * sum, of: plane)
        }
    }

    /// The key of a vector in each table: bit b is set if the vector is on the positive side of the table's plane b.
    package mutating func keys(_ vector: UnsafePointer<Float>, margins: inout [Float]) -> [UInt32] {
        project(vector, into: &margins)
        return (0..<planes.tableCount).map { table in
            Self.key(margins[(table * planes.bitCount)..<((table + 1) * planes.bitCount)])
        }
    }

    package static func key(_ margins: ArraySlice<Float>) -> UInt32 {
        var key: UInt32 = 0
        var bit: UInt32 = 1
        for margin in margins {
            if margin >= 0 { key |= bit }
            bit <<= 1
        }
        return key
    }

    package var emptyMargins: [Float] { [Float](repeating: 0, count: planes.bitCount * planes.tableCount) }
}

extension Hyperplanes {
    fileprivate func normal(_ plane: Int) -> UnsafePointer<Int8> { UnsafePointer(normals + plane * dimension) }

    fileprivate func margin(_ product: Double, of plane: Int) -> Float {
        Float((product - offsets[plane]) * inverseLengths[plane])
    }
}

/// Sums of 128 coin flips, from −64 to 64 around 0.
private struct CoinFlips {
    private var generator: SplitMix64

    init(seed: UInt64, stream: UInt64) {
        generator = SplitMix64(seed: SplitMix64.mixed(seed) ^ SplitMix64.mixed(stream &+ 1))
    }

    mutating func nextSum() -> Int8 {
        Int8(generator.next().nonzeroBitCount + generator.next().nonzeroBitCount - 64)
    }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    mutating func next(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

    static func mixed(_ word: UInt64) -> UInt64 {
        var mixed = word
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
