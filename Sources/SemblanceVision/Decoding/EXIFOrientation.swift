/// Finds the orientation in EXIF data: one tag in the first directory of a TIFF structure, and nothing else.
///
/// Every offset is checked; at most 512 entries are looked at; nothing is followed.
package enum EXIFOrientation {
    private static let orientationTag: UInt16 = 0x0112
    private static let shortType: UInt16 = 3
    private static let maximumEntryCount = 512

    /// - Parameter data: begins at the TIFF header (`II` or `MM`).
    /// - Returns: `upright` if there is no tag, or one that makes no sense.
    package static func read(_ data: UnsafeRawBufferPointer) -> Orientation {
        guard let isLittle = byteOrder(of: data) else { return .upright }
        let reader = Reader(data: data, isLittle: isLittle)
        guard reader.short(at: 2) == 42, let directory = reader.long(at: 4).map(Int.init),
            let entryCount = reader.short(at: directory)
        else { return .upright }
        for index in 0..<min(Int(entryCount), maximumEntryCount) {
            let entry = directory + 2 + index * 12
            guard let tag = reader.short(at: entry) else { return .upright }
            guard tag == orientationTag else { continue }
            guard reader.short(at: entry + 2) == shortType, let value = reader.short(at: entry + 8) else {
                return .upright
            }
            return Orientation(rawValue: Int(value)) ?? .upright
        }
        return .upright
    }

    private static func byteOrder(of data: UnsafeRawBufferPointer) -> Bool? {
        if data.hasText("II", at: 0) { return true }
        return data.hasText("MM", at: 0) ? false : nil
    }

    private struct Reader {
        let data: UnsafeRawBufferPointer
        let isLittle: Bool

        func short(at offset: Int) -> UInt16? {
            data.bigEndian(UInt16.self, at: offset).map { isLittle ? $0.byteSwapped : $0 }
        }

        func long(at offset: Int) -> UInt32? {
            data.bigEndian(UInt32.self, at: offset).map { isLittle ? $0.byteSwapped : $0 }
        }
    }
}
