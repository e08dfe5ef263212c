import SemblanceCore

/// Makes altered copies. Our own arithmetic throughout, so that a copy is the same on every machine up to what the JPEG
/// library does.
public struct PictureAlterer: ImageAlterer {
    /// Quality of the copies of which compression is not the point.
    static let quality = 90

    private let decoder: ImageDecoder
    /// Larger pictures are reduced first, as they are on their way around the world.
    private let longestSide: Int

    /// - Parameter longestSide: of the picture before it is altered, in pixels; 32…4096.
    public init(decoder: ImageDecoder, longestSide: Int = 512) {
        precondition((32...4096).contains(longestSide))
        self.decoder = decoder
        self.longestSide = longestSide
    }

    public func alter(_ bytes: UnsafeRawBufferPointer, by alteration: Alteration) throws -> [UInt8] {
        let picture = try decoder.picture(of: bytes, longestSide: longestSide)
        let quality = alteration.kind == .compression ? Int(Self.between(60, 4, alteration.strength)) : Self.quality
        return try JPEGEncoder.encode(Self.altered(picture, by: alteration), quality: quality)
    }

    /// - Returns: a picture of at least one pixel a side.
    package static func altered(_ picture: Picture, by alteration: Alteration) -> Picture {
        let (strength, draws) = (alteration.strength, alteration.draws)
        switch alteration.kind {
        case .crop: return crop(picture, strength, draws)
        case .rotation: return picture.rotated(degrees: sign(draws[0]) * between(2, 40, strength))
        case .flip: return picture.mirrored
        case .shrinking:
            let scale = between(0.7, 0.06, strength)
            return picture.shrunk(width: scaled(picture.width, scale), height: scaled(picture.height, scale))
        // The encoder does it.
        case .compression: return picture
        case .blur: return picture.blurred(deviation: Double(picture.longestSide) * between(0.003, 0.03, strength))
        case .colour: return recolour(picture, strength, draws)
        case .text: return write(over: picture, strength, draws)
        case .screenshot: return screenshot(of: picture, strength, draws)
        }
    }

    private static func between(_ weak: Double, _ strong: Double, _ strength: Double) -> Double {
        weak + (strong - weak) * strength
    }

    private static func sign(_ draw: Double) -> Double { draw < 0.5 ? -1 : 1 }

    private static func scaled(_ side: Int, _ scale: Double) -> Int {
        min(side, max(1, Int((Double(side) * scale).rounded())))
    }

    /// From nine tenths to a fifth of the area, of its own shape, anywhere.
    private static func crop(_ picture: Picture, _ strength: Double, _ draws: [Double]) -> Picture {
        let scale = between(0.9, 0.2, strength).squareRoot()
        let (width, height) = (scaled(picture.width, scale), scaled(picture.height, scale))
        return picture.cropped(
            x: Int(draws[0] * Double(picture.width - width + 1)),
            y: Int(draws[1] * Double(picture.height - height + 1)),
            width: width, height: height)
    }

    private static func recolour(_ picture: Picture, _ strength: Double, _ draws: [Double]) -> Picture {
        let change = { (draw: Double, most: Double) in
            sign(draw) * (0.5 + (draw * 2).truncatingRemainder(dividingBy: 1) / 2) * most * strength
        }
        return picture.recoloured(
            brightness: 1 + change(draws[0], 0.45), contrast: 1 + change(draws[1], 0.5),
            saturation: 1 + change(draws[2], 0.9), hueDegrees: change(draws[3], 70))
    }

    /// One line, or up to four, of capitals.
    private static func write(over picture: Picture, _ strength: Double, _ draws: [Double]) -> Picture {
        let phrases = ["FOR SALE", "NEW STOCK", "LAST ONES", "HALF OFF", "ALL SOLD OUT", "FOLLOW US", "DO NOT SHARE"]
        let lineCount = 1 + Int(strength * 3.999)
        var result = picture
        for line in 0..<lineCount {
            let phrase = phrases[Int(draws[line] * Double(phrases.count))]
            let room = Double(phrase.count * (PixelFont.width + 1))
            let dot = max(1, Int(Double(picture.width) * between(0.5, 0.95, strength) / room))
            let width = Int(room) * dot
            let (freeX, freeY) = (max(1, picture.width - width), max(1, picture.height - PixelFont.height * dot))
            let y = (Double(line) + draws[4 + line % 4]) / Double(lineCount) * Double(freeY)
            result.write(phrase, x: Int(draws[(line + 2) % 4] * Double(freeX)), y: Int(y), dot: dot)
        }
        return result
    }

    /// A bar above and one below with marks on them, a background around, and the picture smaller.
    private static func screenshot(of picture: Picture, _ strength: Double, _ draws: [Double]) -> Picture {
        let scale = between(0.95, 0.4, strength)
        let (width, height) = (scaled(picture.width, scale), scaled(picture.height, scale))
        let (canvasWidth, bar) = (picture.width, max(6, picture.longestSide / 12))
        let canvasHeight = picture.height + 2 * bar
        let isDark = draws[0] < 0.5
        let ground: (UInt8, UInt8, UInt8) = isDark ? (24, 24, 28) : (250, 250, 250)
        let mark: (UInt8, UInt8, UInt8) = isDark ? (120, 120, 130) : (150, 150, 160)
        var screen = Picture(width: canvasWidth, height: canvasHeight, colour: ground)
        screen.fill(x: 0, y: 0, width: canvasWidth, height: bar, colour: isDark ? (44, 44, 52) : (228, 228, 234))
        screen.fill(x: bar / 3, y: bar / 3, width: bar / 3, height: bar / 3, colour: (220, 70, 60))
        screen.fill(x: bar, y: bar * 2 / 5, width: canvasWidth / 3, height: max(1, bar / 5), colour: mark)
        for line in 0..<2 {
            screen.fill(
                x: bar / 3, y: canvasHeight - bar + bar * (1 + 3 * line) / 7, width: canvasWidth * (3 - line) / 5,
                height: max(1, bar / 6), colour: mark)
        }
        screen.lay(
            picture.shrunk(width: width, height: height), x: Int(draws[1] * Double(canvasWidth - width + 1)),
            y: bar + Int(draws[2] * Double(picture.height - height + 1)))
        return screen
    }
}
