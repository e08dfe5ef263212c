import SemblanceCore

/// Reads binary PPM (`P6`), the simplest of image formats, in place of a real decoder; reports it as PNG.
public struct SmallImageReader: ImageReader {
    public var limits: DecodingLimits

    public init(limits: DecodingLimits = DecodingLimits()) {
        self.limits = limits
    }

    public func header(of bytes: UnsafeRawBufferPointer) throws -> ImageHeader {
        try parse(bytes).header
    }

    public func prepare(
        _ bytes: UnsafeRawBufferPointer, for preprocessing: Preprocessing, region: Region?
    ) throws -> DecodedImage {
        let (header, start) = try parse(bytes)
        let (width, height) = (Double(header.width), Double(header.height))
        let x = (region?.x ?? 0) * width
        let y = (region?.y ?? 0) * height
        let scaleX = (region?.width ?? 1) * width / Double(preprocessing.size)
        let scaleY = (region?.height ?? 1) * height / Double(preprocessing.size)
        var pixels: [UInt8] = []
        for row in 0..<preprocessing.size {
            for column in 0..<preprocessing.size {
                let sourceX = min(header.width - 1, Int(x + (Double(column) + 0.5) * scaleX))
                let sourceY = min(header.height - 1, Int(y + (Double(row) + 0.5) * scaleY))
                let position = start + (sourceY * header.width + sourceX) * 3
                pixels += bytes[position..<position + 3]
            }
        }
        let prepared = PreparedImage(width: preprocessing.size, height: preprocessing.size, pixels: pixels)
        return DecodedImage(header: header, prepared: prepared)
    }

    /// The bytes themselves: enough to see that a thumbnail was made of the right image.
    public func thumbnail(of bytes: UnsafeRawBufferPointer, longestSide: Int) throws -> [UInt8] {
        _ = try parse(bytes)
        return Array(bytes)
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws -> (header: ImageHeader, pixels: Int) {
        guard !bytes.isEmpty else { throw ImageError(.empty, "The file is empty.") }
        guard bytes.count <= limits.maximumByteCount else {
            throw ImageError(.tooManyBytes, "The file has more than \(limits.maximumByteCount) bytes.")
        }
        let fields = bytes.prefix(64).split(
            separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, Array(fields[0]) == Array("P6".utf8), Array(fields[2]) == Array("255".utf8) else {
            throw ImageError(.unsupportedFormat, "This is not an image.")
        }
        let sides = String(decoding: fields[1], as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard sides.count == 2, sides[0] > 0, sides[1] > 0 else { throw ImageError(.noPixels, "There are no pixels.") }
        guard sides[0] <= 65_536, sides[1] <= 65_536, sides[0] * sides[1] <= limits.maximumPixelCount else {
            throw ImageError(.tooManyPixels, "The image has more than \(limits.maximumPixelCount) pixels.")
        }
        let start = fields[3].startIndex
        guard bytes.count - start >= sides[0] * sides[1] * 3 else {
            throw ImageError(.damaged, "The image is cut off.")
        }
        return (ImageHeader(format: .png, width: sides[0], height: sides[1]), start)
    }
}

/// Pictures for `SmallImageReader`.
public enum SmallImage {
    /// A PPM of one colour.
    public static func plain(red: UInt8, green: UInt8, blue: UInt8, width: Int = 8, height: Int = 8) -> [UInt8] {
        make(width: width, height: height) { _, _ in (red, green, blue) }
    }

    /// A PPM that no other number gives, spread over the colours: a gradient from one colour to another.
    public static func numbered(_ number: Int, width: Int = 16, height: Int = 16) -> [UInt8] {
        var state = UInt64(bitPattern: Int64(number)) &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03
        let corners = (0..<6).map { _ -> Int in
            state ^= state >> 29
            state = state &* 0xBF58_476D_1CE4_E5B9
            state ^= state >> 32
            return Int(state & 255)
        }
        return make(width: width, height: height) { x, y in
            let blend = { (index: Int) in
                UInt8((corners[index] * (width - x) + corners[index + 3] * x + y * index) / (width + height))
            }
            return (blend(0), blend(1), blend(2))
        }
    }

    private static func make(
        width: Int, height: Int, colour: (Int, Int) -> (UInt8, UInt8, UInt8)
    ) -> [UInt8] {
        var bytes = Array("P6\n\(width) \(height)\n255\n".utf8)
        for y in 0..<height {
            for x in 0..<width {
                let (red, green, blue) = colour(x, y)
                bytes += [red, green, blue]
            }
        }
        return bytes
    }
}
