import Foundation
import SemblanceCore
import SemblanceVision
import Testing

@Suite struct FormatTests {
    private let decoder = ImageDecoder()

    @Test(arguments: ImageFixtures.names)
    func recognisesFormatByBytes(_ name: String) throws {
        let expected = name.hasSuffix("jpg") ? "jpeg" : String(name.split(separator: ".").last ?? "")
        #expect(try decoder.header(of: ImageFixtures.bytes(name)).format.rawValue == expected)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func turnsEveryOrientationUprightOnce(_ orientation: Int) throws {
        let upright = try decoder.prepare(ImageFixtures.bytes("orientation-1.jpg"))
        let turned = try decoder.prepare(ImageFixtures.bytes("orientation-\(orientation).jpg"))
        #expect(turned.header == upright.header)
        // The turned files are encoded by themselves, so lossy blocks fall elsewhere.
        #expect(largestDifference(turned.prepared.pixels, upright.prepared.pixels) <= 40)
        #expect(meanDifference(turned, upright) < 2)
    }

    @Test(arguments: ["sideways.png", "sideways.webp", "sideways.tiff", "sideways.avif"])
    func turnsOtherFormatsUprightOnce(_ name: String) throws {
        let upright = try decoder.prepare(ImageFixtures.bytes("rgb.png"))
        let turned = try decoder.prepare(ImageFixtures.bytes(name))
        #expect(turned.header.width == 96)
        #expect(turned.header.height == 64)
        #expect(meanDifference(turned, upright) < 2)
    }

    @Test(arguments: ["cmyk.jpg", "cmyk.tiff"])
    func convertsCMYKToColoursThatLookAlike(_ name: String) throws {
        let upright = try decoder.prepare(ImageFixtures.bytes("rgb.png"))
        let converted = try decoder.prepare(ImageFixtures.bytes(name))
        // A printing process has duller colours; inverted or channel-swapped ones would be off by 80 and more.
        #expect(meanDifference(converted, upright) < 40)
        #expect(correlation(converted.prepared.pixels, upright.prepared.pixels) > 0.85)
    }

    @Test func followsForeignProfiles() throws {
        let plain = try decoder.prepare(ImageFixtures.bytes("rgb.png"))
        let profiled = try decoder.prepare(ImageFixtures.bytes("adobe-rgb.png"))
        #expect(meanDifference(plain, profiled) > 3)
    }

    @Test func readsOnlyTheFirstFrame() throws {
        let still = try decoder.prepare(ImageFixtures.bytes("lossless.webp"))
        let animated = try decoder.prepare(ImageFixtures.bytes("animated.webp"))
        #expect(animated == still)
        #expect(try decoder.header(of: ImageFixtures.bytes("animated.gif")).height == 64)
    }

    @Test func laysAlphaOverWhite() throws {
        let image = try decoder.prepare(ImageFixtures.bytes("alpha.png"), for: .bytes(size: 96))
        let row = 48 * 96 * 3
        // The mask is fully transparent at the left edge and opaque at the right one.
        #expect(image.prepared.pixels[row..<row + 3].elementsEqual([255, 255, 255]))
        #expect(image.prepared.pixels[row + 95 * 3..<row + 96 * 3] != [255, 255, 255])
    }

    @Test func makesGreyNeutral() throws {
        let pixels = try decoder.prepare(ImageFixtures.bytes("grey.jpg")).prepared.pixels
        let colourful = stride(from: 0, to: pixels.count, by: 3).filter {
            pixels[$0..<$0 + 3].min() != pixels[$0..<$0 + 3].max()
        }
        #expect(colourful.isEmpty)
    }

    private func meanDifference(_ left: DecodedImage, _ right: DecodedImage) -> Double {
        let sum = zip(left.prepared.pixels, right.prepared.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(left.prepared.pixels.count)
    }

    private func correlation(_ left: [UInt8], _ right: [UInt8]) -> Double {
        let x = centred(left)
        let y = centred(right)
        return product(x, y) / (product(x, x) * product(y, y)).squareRoot()
    }

    private func centred(_ values: [UInt8]) -> [Double] {
        let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
        return values.map { Double($0) - mean }
    }

    private func product(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0.0) { $0 + $1.0 * $1.1 }
    }
}
