/// Bytes in PostgreSQL's binary formats: big-endian.
struct PostgresBuffer {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try bytes.withUnsafeBytes(body)
    }

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    /// A value of pgvector's `vector` after its length: dimension, nothing, components.
    mutating func append(sized vector: [Float]) {
        append(Int32(4 + 4 * vector.count))
        append(vector: vector)
    }

    mutating func append(vector: [Float]) {
        append(UInt16(vector.count))
        append(UInt16(0))
        let swapped = [UInt32](unsafeUninitializedCapacity: vector.count) { buffer, count in
            for index in vector.indices { buffer[index] = vector[index].bitPattern.bigEndian }
            count = vector.count
        }
        swapped.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}
