import CVectorKernels
import SemblanceCore
import SemblanceTesting
import Testing

/// Every instruction set that this machine has gives the same bits as plain C.
@Suite struct KernelTests {
    static let instructionSets = (1...4).map(Int32.init).filter { cvk_has_isa($0) }
    static let dimensions = Array(1...70) + [95, 127, 128, 129, 255, 511, 512, 513, 1279, 1280, 1537]

    static func codes(_ count: Int, seed: UInt64, extreme: Bool = false) -> [Int8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            extreme ? (Bool.random(using: &generator) ? 127 : -127) : .random(in: -127...127, using: &generator)
        }
    }

    static func query(_ high: UnsafePointer<Int8>, _ low: UnsafePointer<Int8>, _ dimension: Int) -> cvk_query {
        var query = cvk_query()
        query.high = high
        query.low = low
        query.high_sum = (0..<dimension).reduce(0) { $0 + Int32(high[$1]) }
        query.low_sum = (0..<dimension).reduce(0) { $0 + Int32(low[$1]) }
        return query
    }

    static func dots(_ isa: Int32, dimension: Int, count: Int, extreme: Bool) -> [Int32] {
        let rows = codes(dimension * count, seed: 1, extreme: extreme)
        let high = codes(dimension, seed: 2, extreme: extreme)
        let low = codes(dimension, seed: 3).map { $0 / 2 }
        var out = [Int32](repeating: 0, count: 2 * count)
        rows.withUnsafeBufferPointer { rows in
            high.withUnsafeBufferPointer { high in
                low.withUnsafeBufferPointer { low in
                    var query = query(high.baseAddress!, low.baseAddress!, dimension)
                    let pointers = (0..<count).map { Optional(rows.baseAddress! + $0 * dimension) }
                    cvk_dot_query(isa, &query, dimension, pointers, count, 0, &out)
                }
            }
        }
        return out
    }

    @Test(arguments: instructionSets, [false, true])
    func dotsOfAQueryEqualPlainOnes(_ isa: Int32, extreme: Bool) {
        for dimension in Self.dimensions {
            for count in [1, 7, 8, 9, 17] {
                let expected = Self.dots(plainInstructionSet, dimension: dimension, count: count, extreme: extreme)
                #expect(Self.dots(isa, dimension: dimension, count: count, extreme: extreme) == expected)
            }
        }
    }

    @Test func largestDimensionDoesNotOverflow() {
        let dimension = Int(CVK_MAXIMUM_DIMENSION)
        for isa in Self.instructionSets + [plainInstructionSet] {
            let rows = [Int8](repeating: 127, count: dimension)
            var out: [Int32] = [0, 0]
            rows.withUnsafeBufferPointer { rows in
                var query = Self.query(rows.baseAddress!, rows.baseAddress!, dimension)
                cvk_dot_query(isa, &query, dimension, [rows.baseAddress!], 1, 0, &out)
            }
            let expected = Int32(127 * 127) * 65_536
            #expect(out.allSatisfy { $0 == expected })
        }
    }

    static func block(_ isa: Int32, dimension: Int, left: Int, right: Int) -> [Int32] {
        let stride = (dimension + 63) / 64 * 64
        var a = [Int8](repeating: 0, count: left * stride)
        var b = [Int8](repeating: 0, count: right * stride)
        let aCodes = codes(left * dimension, seed: 4, extreme: dimension % 2 == 0)
        let bCodes = codes(right * dimension, seed: 5, extreme: dimension % 2 == 0)
        var sums = [Int32](repeating: 0, count: left)
        for row in 0..<left {
            sums[row] = a.withUnsafeMutableBufferPointer { a in
                aCodes.withUnsafeBufferPointer {
                    cvk_pack_row($0.baseAddress! + row * dimension, dimension, stride, a.baseAddress! + row * stride)
                }
            }
        }
        for row in 0..<right {
            for at in 0..<dimension { b[row * stride + at] = bCodes[row * dimension + at] }
        }
        var out = [Int32](repeating: 0, count: left * right)
        cvk_dot_block(isa, a, sums, left, b, right, stride, &out)
        return out
    }

    @Test(arguments: instructionSets)
    func dotsOfBlocksEqualPlainOnes(_ isa: Int32) {
        for dimension in Self.dimensions {
            let expected = Self.block(plainInstructionSet, dimension: dimension, left: 12, right: 8)
            #expect(Self.block(isa, dimension: dimension, left: 12, right: 8) == expected)
        }
    }

    @Test(arguments: instructionSets)
    func floatDotsAreTheSameBits(_ isa: Int32) {
        var generator = SeededGenerator(seed: 6)
        for dimension in Self.dimensions {
            let a = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
            let b = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
            let found = cvk_dot_float(isa, a, b, dimension)
            #expect(found.bitPattern == cvk_dot_float(plainInstructionSet, a, b, dimension).bitPattern)
            #expect(abs(found - exactDot(a, b)) <= 1e-12 * Double(dimension))
        }
    }

    @Test func bestInstructionSetIsOneThatThisMachineHas() {
        #expect(cvk_has_isa(cvk_best_isa()))
        #expect(String(cString: cvk_isa_name(cvk_best_isa())) != "unknown")
    }

    @Test func checksumIsCRC32C() {
        let digits = Array("123456789".utf8)
        #expect(cvk_crc32c(0, digits, 9) == 0xe306_9283)
        var generator = SeededGenerator(seed: 7)
        for count in 0..<70 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(cvk_crc32c(0, bytes, count) == cvk_crc32c_plain(0, bytes, count))
        }
    }
}

let plainInstructionSet: Int32 = 0
