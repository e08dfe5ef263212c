import CVectorKernels

/// The codes of some rows, packed for the block kernel: aligned, and zero beyond the dimension. Used by one thread.
struct PackedBlock: ~Copyable {
    /// Bytes between packed rows.
    static func stride(_ dimension: Int) -> Int { (dimension + 63) / 64 * 64 }

    let codes: UnsafeMutablePointer<Int8>
    private(set) var sums: [Int32]
    private(set) var scales: [Float] = []
    private(set) var residuals: [Float] = []
    private(set) var count = 0
    let stride: Int
    private let dimension: Int

    /// - Parameter capacity: a multiple of 4.
    init(capacity: Int, dimension: Int) {
        self.dimension = dimension
        stride = Self.stride(dimension)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity * stride, alignment: 64)
        codes = memory.initializeMemory(as: Int8.self, repeating: 0, count: capacity * stride)
        sums = [Int32](repeating: 0, count: capacity)
    }

    deinit { UnsafeMutableRawPointer(codes).deallocate() }

    /// Rows for the kernel, which takes multiples of 4; the last ones may be left over from before.
    var paddedCount: Int { (count + 3) / 4 * 4 }

    mutating func fill(_ rows: ArraySlice<RowReference>, from snapshot: Snapshot) {
        count = rows.count
        scales.removeAll(keepingCapacity: true)
        residuals.removeAll(keepingCapacity: true)
        for (index, row) in rows.enumerated() {
            let storage = snapshot.segments[Int(row.segment)].storage
            let quantisation = storage.quantisation(Int(row.row))
            scales.append(quantisation.scale)
            residuals.append(quantisation.residual)
            sums[index] = cvk_pack_row(storage.codes(Int(row.row)), dimension, stride, codes + index * stride)
        }
    }
}

/// The dot products of two blocks, and the pairs found in them. Used by one thread.
struct PairTile {
    private var dots: [Int32]
    private var found: [cvk_pair]

    init(leftCount: Int, rightCount: Int) {
        dots = [Int32](repeating: 0, count: leftCount * rightCount)
        found = [cvk_pair](repeating: cvk_pair(), count: leftCount * rightCount)
    }

    /// Places in both blocks of the pairs whose upper bound reaches the floor.
    mutating func pairs(
        _ left: borrowing PackedBlock, _ right: borrowing PackedBlock, floor: Float
    ) -> [(Int, Int)] {
        let width = right.paddedCount
        cvk_dot_block(
            cvk_best_isa(), left.codes, left.sums, left.paddedCount, right.codes, width, left.stride, &dots)
        let count = left.scales.withUnsafeBufferPointer { leftScales in
            left.residuals.withUnsafeBufferPointer { leftResiduals in
                right.scales.withUnsafeBufferPointer { rightScales in
                    right.residuals.withUnsafeBufferPointer { rightResiduals in
                        cvk_pairs(
                            dots, width,
                            cvk_block(
                                scales: leftScales.baseAddress, residuals: leftResiduals.baseAddress,
                                count: left.count),
                            cvk_block(
                                scales: rightScales.baseAddress, residuals: rightResiduals.baseAddress,
                                count: right.count),
                            floor, &found)
                    }
                }
            }
        }
        return found[..<count].map { (Int($0.a), Int($0.b)) }
    }
}
