import SemblanceCore

/// The entries of a zip archive, where they lie in the file. Only stored entries are known: PyTorch compresses none,
/// so that tensors can be read from the mapped file.
///
/// The directory at the end of the file decides; each entry's own header must agree with it, and no two entries may
/// share bytes. The directory's CRC-32 of each entry is not checked: PyTorch may be told to save without one, its own
/// reader does not look, and the registry has compared the SHA-256 of the whole file.
///
/// Reference: PKWARE's APPNOTE.TXT 6.3.9, sections 4.3 and 4.5.3 (zip64).
struct ZipDirectory {
    struct Entry: Hashable {
        let name: String
        /// Bytes of the content, from the file's start.
        let bytes: Range<Int>
    }

    static let localSignature: UInt32 = 0x0403_4B50
    private static let entrySignature: UInt32 = 0x0201_4B50
    private static let endSignature: UInt32 = 0x0605_4B50
    private static let end64Signature: UInt32 = 0x0606_4B50
    private static let locatorSignature: UInt32 = 0x0706_4B50

    private let entries: [String: Entry]

    subscript(name: String) -> Entry? { entries[name] }

    var names: Set<String> { Set(entries.keys) }

    /// - Throws: `model-checkpoint-damaged`, naming a byte offset.
    init(_ bytes: UnsafeRawBufferPointer) throws(ModelError) {
        let end = try End(bytes)
        var cursor = ByteCursor(bytes, at: end.directory.lowerBound)
        cursor.limit(to: end.directory.count)
        var entries: [String: Entry] = [:]
        for _ in 0..<end.entryCount {
            let start = cursor.offset
            let entry = try Self.entry(at: &cursor, of: bytes, before: end.directory.lowerBound)
            guard entries.updateValue(entry, forKey: entry.name) == nil else {
                throw .damaged(at: start, "the entry '\(entry.name.prefix(80))' is listed twice")
            }
        }
        guard cursor.remainingCount == 0 else {
            throw .damaged(at: cursor.offset, "the directory has \(cursor.remainingCount) bytes more than its entries")
        }
        try Self.checkThatNothingOverlaps(entries.values)
        self.entries = entries
    }

    private static func checkThatNothingOverlaps(_ entries: some Sequence<Entry>) throws(ModelError) {
        var end = 0
        for entry in entries.filter({ !$0.bytes.isEmpty }).sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound }) {
            guard entry.bytes.lowerBound >= end else {
                throw .damaged(at: entry.bytes.lowerBound, "the entry '\(entry.name.prefix(80))' overlaps another")
            }
            end = entry.bytes.upperBound
        }
    }
}

// MARK: - One entry

extension ZipDirectory {
    /// Reads one entry of the directory, and its own header.
    /// - Parameter limit: where entries must end: at the directory.
    private static func entry(
        at cursor: inout ByteCursor, of bytes: UnsafeRawBufferPointer, before limit: Int
    ) throws(ModelError) -> Entry {
        let start = cursor.offset
        try expect(entrySignature, at: &cursor, "an entry of the directory")
        _ = try cursor.take(4, "versions")
        let flags = try cursor.number(UInt16.self, "flags")
        let method = try cursor.number(UInt16.self, "a compression method")
        guard flags & 1 == 0, method == 0 else {
            throw .damaged(at: start, "expected a stored entry, not one that is compressed or encrypted")
        }
        _ = try cursor.take(8, "time, date and checksum")
        var sizes = Sizes()
        sizes.stored = UInt64(try cursor.number(UInt32.self, "a size"))
        sizes.content = UInt64(try cursor.number(UInt32.self, "a size"))
        let nameByteCount = Int(try cursor.number(UInt16.self, "a name's length"))
        let extraByteCount = Int(try cursor.number(UInt16.self, "a length"))
        let commentByteCount = Int(try cursor.number(UInt16.self, "a length"))
        _ = try cursor.take(8, "attributes")
        sizes.offset = UInt64(try cursor.number(UInt32.self, "an offset"))
        let name = try cursor.text(byteCount: nameByteCount, "an entry's name")
        try sizes.readExtra(cursor.take(extraByteCount, "an extra field"), of: bytes)
        _ = try cursor.take(commentByteCount, "a comment")
        guard sizes.stored == sizes.content, let count = Int(exactly: sizes.content),
            let offset = Int(exactly: sizes.offset)
        else { throw .damaged(at: start, "expected a stored entry, whose two sizes are equal") }
        let content = try contentOffset(of: name, headerAt: offset, in: bytes, before: limit)
        guard count <= limit - content else {
            throw .damaged(at: start, "the entry '\(name.prefix(80))' of \(count) bytes does not fit the file")
        }
        return Entry(name: name, bytes: content..<(content + count))
    }

    /// Steps over an entry's own header, which must bear the same name.
    private static func contentOffset(
        of name: String, headerAt offset: Int, in bytes: UnsafeRawBufferPointer, before limit: Int
    ) throws(ModelError) -> Int {
        guard offset <= limit else {
            throw .damaged(at: limit, "an entry's header at byte \(offset) is not in the file")
        }
        var cursor = ByteCursor(bytes, at: offset)
        cursor.limit(to: limit - offset)
        try expect(localSignature, at: &cursor, "an entry's header")
        _ = try cursor.take(22, "an entry's header")
        let nameByteCount = Int(try cursor.number(UInt16.self, "a name's length"))
        let extraByteCount = Int(try cursor.number(UInt16.self, "a length"))
        let found = try cursor.text(byteCount: nameByteCount, "an entry's name")
        guard found == name else {
            throw .damaged(at: offset, "the directory calls the entry '\(name.prefix(80))', its header another name")
        }
        return try cursor.take(extraByteCount, "an extra field").upperBound
    }

    private static func expect(
        _ signature: UInt32, at cursor: inout ByteCursor, _ what: String
    ) throws(ModelError) {
        let start = cursor.offset
        guard try cursor.number(UInt32.self, what) == signature else { throw .damaged(at: start, "expected \(what)") }
    }

    /// An entry's sizes and place; where 32 bits do not hold a number, the zip64 field has it.
    private struct Sizes {
        var stored: UInt64 = 0
        var content: UInt64 = 0
        var offset: UInt64 = 0

        mutating func readExtra(_ place: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(ModelError) {
            var cursor = ByteCursor(bytes, at: place.lowerBound)
            cursor.limit(to: place.count)
            while cursor.remainingCount >= 4 {
                let id = try cursor.number(UInt16.self, "an extra field")
                let field = try cursor.take(Int(cursor.number(UInt16.self, "a length")), "an extra field")
                guard id == 1 else { continue }
                var numbers = ByteCursor(bytes, at: field.lowerBound)
                numbers.limit(to: field.count)
                let saturated = UInt64(UInt32.max)
                if content == saturated { content = try numbers.number(UInt64.self, "a size") }
                if stored == saturated { stored = try numbers.number(UInt64.self, "a size") }
                if offset == saturated { offset = try numbers.number(UInt64.self, "an offset") }
            }
        }
    }
}

// MARK: - The end of the directory

extension ZipDirectory {
    /// What the record at the end of the file says.
    private struct End {
        let entryCount: Int
        let directory: Range<Int>

        init(_ bytes: UnsafeRawBufferPointer) throws(ModelError) {
            let offset = try Self.offset(in: bytes)
            var cursor = ByteCursor(bytes, at: offset + 4)
            let disks = [try cursor.number(UInt16.self, "a disk"), try cursor.number(UInt16.self, "a disk")]
            _ = try cursor.take(2, "a count")
            var count = UInt64(try cursor.number(UInt16.self, "a count"))
            var size = UInt64(try cursor.number(UInt32.self, "a size"))
            var start = UInt64(try cursor.number(UInt32.self, "an offset"))
            guard disks.allSatisfy({ $0 == 0 || $0 == .max }) else {
                throw .damaged(at: offset, "expected an archive in one file")
            }
            var limit = offset
            // PyTorch always writes the zip64 record, also where 32 bits would do; it ends the directory then.
            if let record = try Self.zip64(in: bytes, before: offset) {
                if count == UInt64(UInt16.max) { count = record.count }
                if size == UInt64(UInt32.max) { size = record.size }
                if start == UInt64(UInt32.max) { start = record.start }
                limit = record.limit
            }
            guard start <= UInt64(limit), size == UInt64(limit) - start, let count = Int(exactly: count) else {
                throw .damaged(at: offset, "expected \(size) bytes of directory at byte \(start), up to byte \(limit)")
            }
            entryCount = count
            directory = Int(start)..<limit
        }

        /// The record is 22 bytes and a comment, which ends with the file.
        private static func offset(in bytes: UnsafeRawBufferPointer) throws(ModelError) -> Int {
            var offset = bytes.count - 22
            let first = max(0, offset - Int(UInt16.max))
            while offset >= first {
                let signature = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let comment = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 20, as: UInt16.self))
                if signature == endSignature, offset + 22 + Int(comment) == bytes.count { return offset }
                offset -= 1
            }
            throw .damaged(at: bytes.count, "expected the archive's directory before it: the file may be cut off")
        }

        /// What the zip64 record says, if there is one: its place is in the 20 bytes before the end record.
        private static func zip64(
            in bytes: UnsafeRawBufferPointer, before end: Int
        ) throws(ModelError) -> (count: UInt64, size: UInt64, start: UInt64, limit: Int)? {
            guard end >= 20 else { return nil }
            var cursor = ByteCursor(bytes, at: end - 20)
            guard try cursor.number(UInt32.self, "the place of a zip64 directory") == locatorSignature else {
                return nil
            }
            _ = try cursor.take(4, "a disk")
            let place = try cursor.number(UInt64.self, "an offset")
            guard place <= UInt64(end - 20) else {
                throw .damaged(at: end - 20, "the zip64 directory at byte \(place) is not in the file")
            }
            let limit = Int(place)
            cursor = ByteCursor(bytes, at: limit)
            try expect(end64Signature, at: &cursor, "the end of a zip64 directory")
            _ = try cursor.take(28, "a zip64 directory's end")
            let count = try cursor.number(UInt64.self, "a count")
            let size = try cursor.number(UInt64.self, "a size")
            return (count, size, try cursor.number(UInt64.self, "an offset"), limit)
        }
    }
}
