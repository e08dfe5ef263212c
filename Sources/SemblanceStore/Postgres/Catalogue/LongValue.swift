/// A metadata value as the columns `value` and `rest` hold it: what an index can hold, and what follows.
struct LongValue {
    /// Bytes in `value`. A shorter one is whole, and then `rest` is empty.
    static let headLength = 1_000

    let head: [UInt8]
    let rest: [UInt8]

    var isShort: Bool { head.count < Self.headLength }

    init(_ key: MetadataSortKey) {
        head = Array(key.bytes.prefix(Self.headLength))
        rest = Array(key.bytes.dropFirst(Self.headLength))
    }
}
