import Foundation

extension Generation {
    /// Reads what the files hold, and tells torn and damaged rows from sound ones.
    ///
    /// A record that is not whole after the last whole one is a torn tail: an append that did not end. Any other row
    /// whose record or codes miss their checksum is damaged, and dead. Vectors are checked when they are first read
    /// (`RowStorage.hasSoundVector`), so that opening reads the codes only: a quarter of the bytes.
    func load() throws -> Segment {
        let possible = try possibleRowCount()
        let storage = try RowStorage(mapping: files, layout: layout, capacity: Self.capacity(for: possible))
        let count = (0..<possible).last(where: { storage.record($0) != nil }).map { $0 + 1 } ?? 0
        var segment = Segment(storage)
        segment.publish(count)
        segment.bury((0..<count).lazy.filter { !storage.hasSoundCodes($0) }.map(UInt32.init))
        segment.buryReplaced()
        return segment
    }

    /// Room for half as many rows again: address space only, no memory.
    static func capacity(for count: Int) -> Int { max(1024, count + count / 2) }

    /// Appends rows and returns the segment with them; the storage is mapped anew when it is full.
    func appending(_ encoded: EncodedRows, to segment: Segment, faults: StorageFaults?) throws -> Segment {
        let count = segment.count + encoded.count
        try append(encoded, after: segment.count, room: faults)
        var result = segment
        if count > segment.storage.capacity {
            let storage = try RowStorage(mapping: files, layout: layout, capacity: Self.capacity(for: count))
            storage.copyVerified(from: segment.storage, count: segment.count)
            result = segment.moved(to: storage)
        }
        result.publish(count)
        return result
    }
}

extension Segment {
    /// Rows in memory only.
    static func overlay(layout: RowLayout) -> Segment {
        Segment(RowStorage(allocating: 0, layout: layout))
    }

    /// Appends rows to a segment in memory.
    func appendingInMemory(_ encoded: EncodedRows) -> Segment {
        var result = self
        let newCount = count + encoded.count
        if newCount > storage.capacity {
            let larger = RowStorage(allocating: max(256, 2 * newCount), layout: storage.layout)
            larger.fill(from: storage, count: count)
            larger.copyVerified(from: storage, count: count)
            result = moved(to: larger)
        }
        result.storage.fill(from: count, encoded)
        result.publish(newCount)
        return result
    }
}
