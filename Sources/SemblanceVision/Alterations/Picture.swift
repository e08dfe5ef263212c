/// Pixels to draw on: 8 bits a channel, R, G, B, rows top to bottom.
package struct Picture: Hashable, Sendable {
    package let width: Int
    package let height: Int
    package var pixels: [UInt8]

    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// All of one colour.
    package init(width: Int, height: Int, colour: (UInt8, UInt8, UInt8)) {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for _ in 0..<width * height { pixels += [colour.0, colour.1, colour.2] }
        self.init(width: width, height: height, pixels: pixels)
    }

    package var longestSide: Int { max(width, height) }

    func offset(_ x: Int, _ y: Int) -> Int { (y * width + x) * 3 }

    /// Makes each pixel of a new picture from its place.
    static func make(
        width: Int, height: Int, _ pixel: (_ x: Int, _ y: Int) -> (UInt8, UInt8, UInt8)
    ) -> Picture {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let (red, green, blue) = pixel(x, y)
                pixels.append(red)
                pixels.append(green)
                pixels.append(blue)
            }
        }
        return Picture(width: width, height: height, pixels: pixels)
    }

    func pixel(_ x: Int, _ y: Int) -> (UInt8, UInt8, UInt8) {
        let place = offset(x, y)
        return (pixels[place], pixels[place + 1], pixels[place + 2])
    }
}
