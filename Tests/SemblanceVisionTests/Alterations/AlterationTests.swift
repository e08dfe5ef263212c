import SemblanceCore
import SemblanceVision
import Testing

@Suite struct AlterationTests {
    /// Red grows to the right, green downwards; a blue mark in a corner.
    private static func picture(width: Int = 96, height: Int = 64) -> Picture {
        var picture = Picture(width: width, height: height, colour: (0, 0, 0))
        for y in 0..<height {
            for x in 0..<width {
                let place = (y * width + x) * 3
                picture.pixels[place] = UInt8(x * 255 / width)
                picture.pixels[place + 1] = UInt8(y * 255 / height)
                picture.pixels[place + 2] = x < 8 && y < 8 ? 255 : 40
            }
        }
        return picture
    }

    private static func alteration(
        _ kind: Alteration.Kind, _ strength: Double, draws: [Double] = [0.1, 0.9, 0.3, 0.7, 0.5, 0.2, 0.8, 0.4]
    ) -> Alteration {
        Alteration(kind, strength: strength, draws: draws)
    }

    private static func difference(_ left: Picture, _ right: Picture) -> Double {
        guard left.width == right.width, left.height == right.height else { return .infinity }
        let sum = zip(left.pixels, right.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(left.pixels.count)
    }

    @Test(arguments: Alteration.Kind.allCases, [0, 0.3, 1])
    func changesThePictureAndTheSameWayEachTime(_ kind: Alteration.Kind, _ strength: Double) {
        let altered = PictureAlterer.altered(Self.picture(), by: Self.alteration(kind, strength))
        #expect(altered == PictureAlterer.altered(Self.picture(), by: Self.alteration(kind, strength)))
        // The encoder compresses; and a change of colour by nothing is none.
        let isUnchanged = kind == .compression || kind == .colour && strength == 0
        #expect((altered == Self.picture()) == isUnchanged)
    }

    @Test(arguments: Alteration.Kind.allCases, [0.0, 1])
    func survivesTheSmallestPictures(_ kind: Alteration.Kind, _ strength: Double) {
        for (width, height) in [(1, 1), (1, 40), (40, 1), (2, 3)] {
            let altered = PictureAlterer.altered(
                Self.picture(width: width, height: height), by: Self.alteration(kind, strength))
            #expect(altered.width >= 1 && altered.height >= 1)
        }
    }

    @Test(arguments: [Alteration.Kind.rotation, .blur, .colour, .text])
    func aStrongerChangeChangesMore(_ kind: Alteration.Kind) {
        let differences = [0.1, 0.5, 1].map {
            Self.difference(Self.picture(), PictureAlterer.altered(Self.picture(), by: Self.alteration(kind, $0)))
        }
        #expect(differences[0] < differences[1] && differences[1] < differences[2], "\(differences)")
    }

    @Test func aCropIsAPartOfThePicture() {
        let altered = PictureAlterer.altered(Self.picture(), by: Self.alteration(.crop, 1))
        // A fifth of the area, at the draws' place.
        #expect(altered.width == 43 && altered.height == 29)
        #expect(altered == Self.picture().cropped(x: 5, y: 32, width: 43, height: 29))
    }

    @Test func aFlipTwiceIsThePicture() {
        let flipped = PictureAlterer.altered(Self.picture(), by: Self.alteration(.flip, 1))
        #expect(flipped.pixels.prefix(3).elementsEqual(Self.picture().pixels[95 * 3..<96 * 3]))
        #expect(flipped.mirrored == Self.picture())
    }

    @Test func aTurnByAQuarterMovesTheCorners() {
        let picture = Self.picture(width: 65, height: 65)
        let turned = picture.rotated(degrees: 90)
        // Clockwise: what was at the left of the top row is at its right.
        #expect(turned.pixels[64 * 3 + 2] == 255 && turned.pixels[2] == 40)
        #expect(Self.difference(turned.rotated(degrees: -90), picture) < 1)
        #expect(picture.rotated(degrees: 0) == picture)
    }

    @Test func blurringKeepsTheMeanAndSpreadsAPoint() {
        var picture = Picture(width: 41, height: 41, colour: (0, 0, 0))
        picture.fill(x: 18, y: 18, width: 5, height: 5, colour: (255, 255, 255))
        let blurred = picture.blurred(deviation: 3)
        let sum = { (picture: Picture) in picture.pixels.reduce(0) { $0 + Int($1) } }
        #expect(abs(Double(sum(blurred)) / Double(sum(picture)) - 1) < 0.05)
        let middle = blurred.pixels[(20 * 41 + 20) * 3]
        #expect(middle < 150 && middle > blurred.pixels[(20 * 41 + 26) * 3])
    }

    @Test func shrinkingTakesMeans() {
        var picture = Picture(width: 4, height: 2, colour: (0, 0, 0))
        picture.fill(x: 0, y: 0, width: 1, height: 2, colour: (200, 100, 40))
        #expect(picture.shrunk(width: 2, height: 1).pixels == [100, 50, 20, 0, 0, 0])
    }

    @Test func aScreenshotHoldsTheWholePicture() {
        let altered = PictureAlterer.altered(Self.picture(), by: Self.alteration(.screenshot, 0.5))
        #expect(altered.width == 96 && altered.height > 64)
        let small = Self.picture().shrunk(width: 65, height: 43)
        let isThere = (0...altered.height - 43).contains { y in
            (0...altered.width - 65).contains { x in altered.cropped(x: x, y: y, width: 65, height: 43) == small }
        }
        #expect(isThere)
    }

    @Test func copiesAreJPEGsThatCanBeReadAgain() throws {
        let decoder = ImageDecoder()
        let original = try ImageFixtures.bytes("photo.jpg")
        for kind in Alteration.Kind.allCases {
            let bytes = try original.withUnsafeBytes {
                try PictureAlterer(decoder: decoder, longestSide: 48).alter($0, by: Self.alteration(kind, 0.5))
            }
            let header = try bytes.withUnsafeBytes { try decoder.header(of: $0) }
            #expect(header.format == .jpeg && header.width <= 48)
        }
        #expect(throws: ImageError.self) {
            try Array("no picture".utf8).withUnsafeBytes {
                try PictureAlterer(decoder: decoder).alter($0, by: Self.alteration(.crop, 0.5))
            }
        }
    }

    @Test func compressionMakesFilesSmaller() throws {
        let decoder = ImageDecoder()
        let original = try ImageFixtures.bytes("photo.jpg")
        let sizes = try [0, 0.5, 1].map { strength in
            try original.withUnsafeBytes {
                try PictureAlterer(decoder: decoder).alter($0, by: Self.alteration(.compression, strength)).count
            }
        }
        #expect(sizes[0] > sizes[1] && sizes[1] > sizes[2])
    }
}
