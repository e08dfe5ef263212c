import Foundation

/// What a JPEG's segments say before its first scan (ITU-T T.81, annex B). Reads no pixel.
package struct JPEGSummary: Hashable, Sendable {
    /// A colour profile in APP2 segments.
    package enum Profile: Hashable, Sendable {
        case none
        case sRGB
        /// Another one, one in several pieces, or one that cannot be read.
        case other
    }

    package private(set) var width = 0
    package private(set) var height = 0
    package private(set) var componentCount = 0
    package private(set) var bitsPerComponent = 0
    package private(set) var isProgressive = false
    package private(set) var orientation = Orientation.upright
    package private(set) var profile = Profile.none
    /// Components of the first scan.
    private var scanComponentCount = 0
    /// Where the first scan's data begin.
    private var dataOffset = 0

    /// Whether the fast path can take it, as far as the segments tell.
    package var isPlain: Bool {
        bitsPerComponent == 8 && (componentCount == 1 || componentCount == 3) && profile != .other
    }

    private var mayHaveManyScans: Bool { isProgressive || scanComponentCount < componentCount }

    /// - Returns: `nil` if there is no frame header before the first scan, or a segment is cut off.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        var position = 2
        while let segment = Segment(bytes, at: position) {
            position = segment.end
            read(segment)
            guard segment.marker != Marker.startOfScan else { break }
        }
        dataOffset = position
        guard bitsPerComponent > 0, scanComponentCount > 0 else { return nil }
    }

    private enum Marker {
        static let startOfScan: UInt8 = 0xDA
        static let exif: UInt8 = 0xE1
        static let profile: UInt8 = 0xE2
        /// Baseline to arithmetic lossless; C4, C8 and CC are other things.
        static func isFrame(_ marker: UInt8) -> Bool {
            (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
        }
    }

    private struct Segment {
        let marker: UInt8
        let body: UnsafeRawBufferPointer
        let end: Int

        /// The next segment at or after a position. Like libjpeg, it skips stray bytes before a marker.
        init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
            guard let position = Self.marker(in: bytes, from: start),
                let length = bytes.bigEndian(UInt16.self, at: position + 1), length >= 2,
                let body = bytes.slice(position + 3, count: Int(length) - 2)
            else { return nil }
            self.marker = bytes[position]
            self.body = body
            self.end = position + 1 + Int(length)
        }

        /// The position of the next marker's code that has a segment: after one 0xFF or more, and no restart mark.
        private static func marker(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
            var position = start
            while position + 1 < bytes.count {
                let code = bytes[position + 1]
                let hasSegment = code >= 0xC0 && code < 0xFF && !(0xD0...0xD9).contains(code)
                if bytes[position] == 0xFF, hasSegment { return position + 1 }
                position += 1
            }
            return nil
        }
    }

    private mutating func read(_ segment: Segment) {
        let body = segment.body
        switch segment.marker {
        case Marker.startOfScan:
            scanComponentCount = Int(body.first ?? 0)
        case Marker.exif where body.hasText("Exif\0\0", at: 0) && orientation == .upright:
            orientation = EXIFOrientation.read(UnsafeRawBufferPointer(rebasing: body.dropFirst(6)))
        case Marker.profile where body.hasText("ICC_PROFILE\0", at: 0):
            readProfile(body)
        case let marker where Marker.isFrame(marker):
            readFrame(body, marker: marker)
        default: break
        }
    }

    private mutating func readFrame(_ body: UnsafeRawBufferPointer, marker: UInt8) {
        guard let height = body.bigEndian(UInt16.self, at: 1), let width = body.bigEndian(UInt16.self, at: 3),
            body.count > 5
        else { return }
        bitsPerComponent = Int(body[0])
        componentCount = Int(body[5])
        self.width = Int(width)
        self.height = Int(height)
        isProgressive = [0xC2, 0xC6, 0xCA, 0xCE].contains(marker)
    }

    /// sRGB profiles take one segment; anything larger is something else.
    private mutating func readProfile(_ body: UnsafeRawBufferPointer) {
        guard profile == .none, body.count > 14, body[12] == 1, body[13] == 1 else {
            profile = .other
            return
        }
        profile = ICCProfile.isSRGB(UnsafeRawBufferPointer(rebasing: body.dropFirst(14))) ? .sRGB : .other
    }

    /// How many scans a decoder will go through. Costs nothing for the common sequential picture of one scan.
    package func scanCount(in bytes: UnsafeRawBufferPointer) -> Int {
        guard mayHaveManyScans, let base = bytes.baseAddress else { return 1 }
        var count = 1
        var position = dataOffset
        while position < bytes.count,
            let found = memchr(base + position, 0xFF, bytes.count - position)
        {
            position = base.distance(to: UnsafeRawPointer(found)) + 1
            if position < bytes.count, bytes[position] == Marker.startOfScan { count += 1 }
        }
        return count
    }
}
