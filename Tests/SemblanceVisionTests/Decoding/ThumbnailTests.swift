import SemblanceCore
import SemblanceVision
import Testing

@Suite struct ThumbnailTests {
    private let decoder = ImageDecoder()

    @Test func shrinksToLongestSideAsWebP() throws {
        let thumbnail = try decoder.thumbnail(of: ImageFixtures.bytes("photo.jpg"), longestSide: 64)
        let header = try decoder.header(of: thumbnail)
        #expect(header == ImageHeader(format: .webp, width: 64, height: 48))
    }

    @Test func turnsUpright() throws {
        let thumbnail = try decoder.thumbnail(of: ImageFixtures.bytes("photo-sideways.jpg"), longestSide: 64)
        #expect(try decoder.header(of: thumbnail) == ImageHeader(format: .webp, width: 64, height: 48))
        let upright = try decoder.thumbnail(of: ImageFixtures.bytes("photo.jpg"), longestSide: 64)
        let left = try decoder.prepare(thumbnail).prepared.pixels
        let right = try decoder.prepare(upright).prepared.pixels
        #expect(largestDifference(left, right) < 40)
    }

    @Test(arguments: ["rgb.png", "alpha.png", "grey.jpg", "rgb.heic", "animated.gif"])
    func neverEnlarges(_ name: String) throws {
        let header = try decoder.header(of: decoder.thumbnail(of: ImageFixtures.bytes(name)))
        #expect(header == ImageHeader(format: .webp, width: 96, height: 64))
    }

    @Test func looksLikeTheOriginal() throws {
        let original = try ImageFixtures.bytes("alpha.png")
        let thumbnail = try decoder.thumbnail(of: original)
        let left = try decoder.prepare(original).prepared.pixels
        let right = try decoder.prepare(thumbnail).prepared.pixels
        #expect(largestDifference(left, right) < 60)
        let sum = zip(left, right).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        #expect(Double(sum) / Double(left.count) < 4)
    }

    @Test func holdsThePictureAndNothingElse() throws {
        let thumbnail = try decoder.thumbnail(of: ImageFixtures.bytes("sideways.webp"))
        #expect(thumbnail[12...].starts(with: "VP8 ".utf8))
        let picture = Int(thumbnail[16]) | Int(thumbnail[17]) << 8
        #expect(thumbnail.count == 20 + picture + picture % 2)
    }
}
