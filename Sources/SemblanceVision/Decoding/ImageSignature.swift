import SemblanceCore

/// Recognises a format by its first bytes, never by a name.
package enum ImageSignature {
    /// The format that the bytes begin as, or `nil` if it is none that is supported.
    package static func format(of bytes: UnsafeRawBufferPointer) -> ImageFormat? {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.hasText("GIF87a", at: 0) || bytes.hasText("GIF89a", at: 0) { return .gif }
        if bytes.hasText("RIFF", at: 0), bytes.hasText("WEBP", at: 8) { return .webp }
        if isTIFF(bytes) { return .tiff }
        return isoMediaFormat(of: bytes)
    }

    /// What the bytes seem to be, for people: the name of a format that is not supported, or a general word.
    package static func description(ofUnsupported bytes: UnsafeRawBufferPointer) -> String {
        let known: [(text: String, offset: Int, name: String)] = [
            ("%PDF", 0, "a PDF document"), ("BM", 0, "a BMP image"), ("8BPS", 0, "a Photoshop document"),
            ("PK", 0, "a zip archive"), ("JXL ", 4, "a JPEG XL image"), ("jP  ", 4, "a JPEG 2000 image"),
            ("ftyp", 4, "a video or another ISO media file"), ("\0\0\u{1}\0", 0, "an icon"),
        ]
        if let match = known.first(where: { bytes.hasText($0.text, at: $0.offset) }) { return match.name }
        if bytes.starts(with: [0xFF, 0x0A]) { return "a JPEG XL image" }
        return textDescription(of: bytes) ?? "data of an unknown kind"
    }

    private static func isTIFF(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let marks: [[UInt8]] = [
            [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0], [0x4D, 0x4D, 0, 0x2B],
        ]
        return marks.contains { bytes.starts(with: $0) }
    }

    /// The brands of the file type box (ISO/IEC 14496-12): AVIF's win, because HEIF's general brands stand beside them.
    private static func isoMediaFormat(of bytes: UnsafeRawBufferPointer) -> ImageFormat? {
        guard bytes.count >= 16, bytes.hasText("ftyp", at: 4) else { return nil }
        let boxSize = Int(bytes.loadUnaligned(as: UInt32.self).bigEndian)
        let end = min(boxSize, bytes.count, 256)
        var brands: Set<String> = []
        for offset in [8] + Array(stride(from: 16, to: max(16, end - 3), by: 4)) {
            brands.insert(String(decoding: bytes[offset..<offset + 4], as: UTF8.self))
        }
        if !brands.isDisjoint(with: ["avif", "avis"]) { return .avif }
        let heif: Set<String> = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]
        return brands.isDisjoint(with: heif) ? nil : .heic
    }

    private static func textDescription(of bytes: UnsafeRawBufferPointer) -> String? {
        let head = bytes.prefix(512)
        guard !head.isEmpty, head.allSatisfy({ $0 >= 0x20 || [0x09, 0x0A, 0x0D].contains($0) }),
            let text = String(validating: head.prefix(400), as: UTF8.self) ?? String(validating: head, as: UTF8.self)
        else { return nil }
        if text.contains("<svg") { return "an SVG drawing" }
        if text.lowercased().contains("<html") { return "a web page" }
        return "text"
    }
}

extension UnsafeRawBufferPointer {
    /// Whether ASCII text stands at an offset.
    func hasText(_ text: String, at offset: Int) -> Bool {
        offset >= 0 && count >= offset + text.utf8.count && self[offset...].starts(with: text.utf8)
    }

    /// Reads a big-endian number, or `nil` beyond the end.
    func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number? {
        guard offset >= 0, offset <= count - MemoryLayout<Number>.size else { return nil }
        return loadUnaligned(fromByteOffset: offset, as: type).bigEndian
    }

    /// The bytes in a range, or `nil` if it does not lie within.
    func slice(_ start: Int, count length: Int) -> UnsafeRawBufferPointer? {
        guard start >= 0, length >= 0, start <= count, length <= count - start else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[start..<start + length])
    }
}
