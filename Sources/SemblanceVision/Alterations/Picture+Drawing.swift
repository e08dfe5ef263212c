extension Picture {
    /// Fills a box, as far as it is inside.
    package mutating func fill(x: Int, y: Int, width: Int, height: Int, colour: (UInt8, UInt8, UInt8)) {
        for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
            for column in max(0, x)..<max(max(0, x), min(self.width, x + width)) {
                let place = offset(column, row)
                (pixels[place], pixels[place + 1], pixels[place + 2]) = colour
            }
        }
    }

    /// Lays another picture over this one.
    /// - Precondition: it lies inside.
    package mutating func lay(_ other: Picture, x: Int, y: Int) {
        precondition(x >= 0 && y >= 0 && x + other.width <= width && y + other.height <= height)
        for row in 0..<other.height {
            pixels.replaceSubrange(
                offset(x, y + row)..<offset(x, y + row) + other.width * 3,
                with: other.pixels[other.offset(0, row)..<other.offset(0, row) + other.width * 3])
        }
    }

    /// Writes a line of capitals and figures, white with a dark edge, as subtitles are.
    /// - Parameter dot: pixels a side of one of the font's dots; a letter is 5 by 7 of them, and one apart.
    package mutating func write(_ text: String, x: Int, y: Int, dot: Int) {
        for (colour, grow) in [((UInt8(20), UInt8(20), UInt8(20)), max(1, dot / 3)), ((255, 255, 255), 0)] {
            var left = x
            for letter in text {
                for (row, bits) in PixelFont.rows(of: letter).enumerated() {
                    for column in 0..<PixelFont.width where bits >> (PixelFont.width - 1 - column) & 1 == 1 {
                        fill(
                            x: left + column * dot - grow, y: y + row * dot - grow, width: dot + 2 * grow,
                            height: dot + 2 * grow, colour: colour)
                    }
                }
                left += (PixelFont.width + 1) * dot
            }
        }
    }
}

/// Letters of 5 by 7 dots. A machine's own fonts would make copies that no other machine makes.
enum PixelFont {
    static let width = 5
    static let height = 7

    /// Seven rows of five bits, the leftmost the highest; nothing for a letter that is not here.
    static func rows(of letter: Character) -> [UInt8] { glyphs[letter] ?? [] }

    private static let glyphs: [Character: [UInt8]] = [
        "A": [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        "C": [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110],
        "D": [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
        "E": [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
        "F": [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
        "H": [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        "K": [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001],
        "L": [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        "N": [0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001],
        "O": [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        "R": [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
        "S": [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
        "T": [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        "U": [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        "W": [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001],
    ]
}
