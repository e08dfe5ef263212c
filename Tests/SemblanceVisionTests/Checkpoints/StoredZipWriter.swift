import SemblanceVision

/// Writes zip archives of stored entries: good ones, and, part by part, damaged ones.
struct StoredZipWriter {
    struct Entry {
        var name: String
        var bytes: [UInt8]
        var flags: UInt16 = 0
        var method: UInt16 = 0
        /// The name in the entry's own header; by default the same.
        var ownName: String?
        /// Where the directory says that it lies; by default where it does.
        var offset: UInt64?
        /// Bytes of content as the directory says; by default as many as there are.
        var count: UInt64?
    }

    var entries: [Entry] = []
    /// Whether every size and offset is in a zip64 field.
    var isZip64 = false
    /// Whether there is a zip64 record at the end, as always in PyTorch's files.
    var hasZip64End = false
    var comment: [UInt8] = []
    /// Entries as the end record says; by default as many as there are.
    var entryCount: UInt64?
    var directoryOffset: UInt64?
    var disk: UInt16 = 0

    /// A state dict in PyTorch's format, in a folder `archive`.
    init(_ torch: TorchFileWriter, byteOrder: String? = "little") {
        entries = [Entry(name: "archive/data.pkl", bytes: torch.body())]
        if let byteOrder { entries.append(Entry(name: "archive/byteorder", bytes: Array(byteOrder.utf8))) }
        entries += torch.storages.map { Entry(name: "archive/data/\($0.key)", bytes: $0.bytes) }
        entries.append(Entry(name: "archive/version", bytes: Array("3\n".utf8)))
    }

    func checkpoint() throws -> Checkpoint {
        try Checkpoint.read(CheckpointFile(file(), name: "test.pth"))
    }

    func file() -> [UInt8] {
        var bytes: [UInt8] = []
        var offsets: [Int] = []
        for entry in entries {
            offsets.append(bytes.count)
            bytes += ownHeader(of: entry) + entry.bytes
        }
        let start = bytes.count
        for (entry, offset) in zip(entries, offsets) { bytes += directoryEntry(of: entry, offset: offset) }
        return bytes + end(directory: start..<bytes.count)
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func ownHeader(of entry: Entry) -> [UInt8] {
        let name = Array((entry.ownName ?? entry.name).utf8)
        let padding: [UInt8] = [0x46, 0x42, 3, 0, 90, 90, 90]
        return little(0x0403_4B50 as UInt32) + little(0 as UInt16) + little(entry.flags) + little(entry.method)
            + [UInt8](repeating: 0, count: 16) + little(UInt16(name.count)) + little(UInt16(padding.count)) + name
            + padding
    }

    private func directoryEntry(of entry: Entry, offset: Int) -> [UInt8] {
        let name = Array(entry.name.utf8)
        let count = entry.count ?? UInt64(entry.bytes.count)
        let place = entry.offset ?? UInt64(offset)
        let extra = isZip64 ? little(1 as UInt16) + little(24 as UInt16) + [count, count, place].flatMap(little) : []
        let sizes = isZip64 ? [.max, .max] : [UInt32(count), UInt32(count)]
        var bytes = little(0x0201_4B50 as UInt32) + little(0 as UInt32) + little(entry.flags) + little(entry.method)
        bytes += [UInt8](repeating: 0, count: 8) + sizes.flatMap(little)
        bytes += little(UInt16(name.count)) + little(UInt16(extra.count)) + [UInt8](repeating: 0, count: 10)
        return bytes + little(isZip64 ? UInt32.max : UInt32(place)) + name + extra
    }

    private func end(directory: Range<Int>) -> [UInt8] {
        let count = entryCount ?? UInt64(entries.count)
        let start = directoryOffset ?? UInt64(directory.lowerBound)
        var bytes: [UInt8] = []
        if isZip64 || hasZip64End {
            bytes += little(0x0606_4B50 as UInt32) + little(44 as UInt64) + [UInt8](repeating: 0, count: 12)
            bytes += little(count) + little(count) + little(UInt64(directory.count)) + little(start)
            bytes += little(0x0706_4B50 as UInt32) + little(0 as UInt32) + little(UInt64(directory.upperBound))
            bytes += little(1 as UInt32)
        }
        bytes += little(0x0605_4B50 as UInt32) + little(disk) + little(disk)
        bytes += little(isZip64 ? .max : UInt16(count)) + little(isZip64 ? .max : UInt16(count))
        bytes += little(isZip64 ? .max : UInt32(directory.count)) + little(isZip64 ? .max : UInt32(start))
        return bytes + little(UInt16(comment.count)) + comment
    }
}
