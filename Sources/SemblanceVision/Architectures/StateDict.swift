import SemblanceCore

/// A tensor that an architecture reads, or knows and does not need.
package struct ExpectedTensor: Hashable, Sendable {
    package let name: String
    package let shape: [Int]
    /// Whether a checkpoint may lack it.
    package let isOptional: Bool

    package init(_ name: String, _ shape: [Int], isOptional: Bool = false) {
        self.name = name
        self.shape = shape
        self.isOptional = isOptional
    }
}

/// A checkpoint's tensors, checked against what an architecture expects.
package struct StateDict: Sendable {
    private let checkpoint: Checkpoint

    /// - Parameter availableByteCount: memory that may be taken; `nil` for no limit.
    /// - Throws: `model-unexpected-tensors`, naming what is missing, left over or of another shape; `model-too-large`
    ///   if the network certainly does not fit into memory.
    package init(
        _ checkpoint: Checkpoint, expecting expected: [ExpectedTensor],
        availableByteCount: Int? = SystemMemory.availableByteCount
    ) throws(ModelError) {
        self.checkpoint = checkpoint
        let faults = Self.faults(of: checkpoint, expecting: expected)
        guard let first = faults.first else {
            try Self.checkSize(of: checkpoint, expecting: expected, availableByteCount: availableByteCount)
            return
        }
        let others = faults.count > 3 ? "; and \(faults.count - 3) more" : ""
        let listed = faults.count == 1 ? first : faults.prefix(3).joined(separator: "; ") + others
        throw ModelError(
            .unexpectedTensors,
            "The weights in '\(checkpoint.fileName)' are not this model's: \(listed). "
                + "Check that the file and the model's family and variant belong together.")
    }

    /// Every weight is in memory three times as Float32 at some moment: as it is read, in the graph's bytes, and in the
    /// engine.
    private static func checkSize(
        of checkpoint: Checkpoint, expecting expected: [ExpectedTensor], availableByteCount: Int?
    ) throws(ModelError) {
        let count = expected.filter { !$0.isOptional }.reduce(0) { $0 + (checkpoint[$1.name]?.count ?? 0) }
        try SystemMemory.check(
            3 * MemoryLayout<Float>.size * count, for: checkpoint.fileName, available: availableByteCount)
    }

    /// Differences between a checkpoint and a list of tensors, one phrase each, in the list's order.
    package static func faults(of checkpoint: Checkpoint, expecting expected: [ExpectedTensor]) -> [String] {
        var faults: [String] = []
        for tensor in expected {
            guard let found = checkpoint[tensor.name] else {
                if !tensor.isOptional { faults.append("'\(tensor.name)' is missing") }
                continue
            }
            if found.shape != tensor.shape {
                faults.append("'\(tensor.name)' has the shape \(found.shape), expected \(tensor.shape)")
            }
        }
        let known = Set(expected.map(\.name))
        let extra = checkpoint.tensors.keys.filter { !known.contains($0) }.sorted()
        return faults + extra.map { "'\($0)' is not expected" }
    }

    /// A tensor's elements in row order.
    /// - Throws: `model-unexpected-tensors` if it is missing, of another shape, or holds what is not a finite number.
    package func values(_ name: String, shape: [Int]) throws(ModelError) -> [Float] {
        guard let tensor = checkpoint[name] else {
            throw ModelError(.unexpectedTensors, "The tensor '\(name)' is missing.")
        }
        guard tensor.shape == shape else {
            throw ModelError(
                .unexpectedTensors, "The tensor '\(name)' has the shape \(tensor.shape), expected \(shape).")
        }
        return try tensor.floats()
    }
}
