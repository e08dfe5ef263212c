import Foundation
import SemblanceCore
import SemblanceVision
import Testing

@Suite struct BadImageTests {
    private let decoder = ImageDecoder()

    /// The error that reading these bytes ends in; header, prepare and thumbnail must agree unless pixels are needed.
    private func failure(_ bytes: [UInt8], limits: DecodingLimits = DecodingLimits()) -> ImageError? {
        do {
            _ = try ImageDecoder(limits: limits).prepare(bytes)
            return nil
        } catch {
            return error as? ImageError
        }
    }

    @Test func refusesEmptyFile() throws {
        let error = try #require(failure([]))
        #expect(error.code == .empty)
        #expect(throws: ImageError.self) { try decoder.header(of: []) }
        #expect(throws: ImageError.self) { try decoder.thumbnail(of: []) }
    }

    @Test(arguments: [
        ("just some words", "text"), ("<html><body>404</body></html>", "web page"), ("%PDF-1.7\n", "PDF"),
        ("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        ("<?xml version='1.0'?>\n<svg><script href='file:///etc/passwd'/></svg>", "SVG"), ("BM123456", "BMP"),
        ("\u{1}\u{2}", "unknown"),
    ])
    func refusesOtherKindsOfFilesByName(_ text: String, _ kind: String) throws {
        let error = try #require(failure(Array(text.utf8)))
        #expect(error.code == .unsupportedFormat)
        #expect(error.message.contains("Expected a JPEG"))
        #expect(error.message.contains(kind))
    }

    @Test(
        arguments: [
            "photo.jpg", "progressive.jpg", "cmyk.jpg", "adobe-rgb.jpg", "grey.jpg", "rgb.png", "palette.png",
            "deep.png",
            "interlaced.png", "lossless.webp", "lossy.webp", "rgb.tiff", "rgb.heic", "rgb.avif", "transparent.gif",
        ], [0.3, 0.6, 0.9])
    func refusesTruncatedFiles(_ name: String, _ share: Double) throws {
        let whole = try ImageFixtures.bytes(name)
        let error = try #require(failure(Array(whole.prefix(Int(Double(whole.count) * share)))))
        #expect(error.code == .damaged)
        #expect(error.message.contains("damaged or cut off"))
    }

    @Test func refusesJPEGWhoseDataEndEarly() throws {
        // The end marker is there, half of the pixels are not.
        let whole = try ImageFixtures.bytes("photo.jpg")
        let error = try #require(failure(Array(whole.prefix(whole.count / 2)) + [0xFF, 0xD9]))
        #expect(error.code == .damaged)
    }

    @Test func toleratesStrayBytesBeforeTheEndMarker() throws {
        let whole = try ImageFixtures.bytes("photo.jpg")
        let padded = whole.dropLast(2) + [0, 0, 0] + whole.suffix(2)
        #expect(try decoder.prepare(Array(padded)).prepared == decoder.prepare(whole).prepared)
    }

    @Test func toleratesStrayBytesBetweenSegments() throws {
        let whole = try ImageFixtures.bytes("orientation-6.jpg")
        // After the JFIF segment, before EXIF's.
        let end = 4 + Int(whole[4]) << 8 + Int(whole[5])
        let padded = whole[..<end] + [0, 0, 0xFF, 0xFF, 0] + whole[end...]
        #expect(try decoder.prepare(Array(padded)) == decoder.prepare(whole))
    }

    @Test func refusesDeepJPEGs() throws {
        var bytes = try jpeg(width: 96, height: 64)
        let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC2 })
        bytes[frame + 4] = 12
        let error = try #require(failure(bytes))
        #expect(error.code == .unsupportedFormat)
        #expect(error.message.contains("8 bits a channel, not 12"))
    }

    @Test func decodesTheSameInParallel() async throws {
        let expected = try decoder.prepare(ImageFixtures.bytes("rgb.png"))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask {
                    let name = ["rgb.png", "interlaced.png", "rgb.tiff", "lossless.webp"][index % 4]
                    return try decoder.prepare(ImageFixtures.bytes(name)).prepared == expected.prepared
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }

    @Test func refusesBombByItsHeader() throws {
        let bomb = PNGForgery.png(width: 30_000, height: 30_000, data: [UInt8](repeating: 0, count: 900))
        #expect(bomb.count < 1100)
        let error = try #require(failure(bomb))
        #expect(error.code == .tooManyPixels)
        #expect(error.message.contains("30000 × 30000"))
        #expect(error.message.contains("100 megapixels"))
        #expect(throws: ImageError.self) { try decoder.header(of: bomb) }
    }

    @Test func refusesSidesBeyondWhatTablesHold() throws {
        let error = try #require(failure(PNGForgery.png(width: 1_000_000, height: 2, data: [])))
        #expect(error.code == .tooManyPixels)
    }

    @Test(arguments: [(0, 5), (5, 0), (0, 0)])
    func refusesImagesWithoutPixels(_ width: Int, _ height: Int) throws {
        #expect(try #require(failure(PNGForgery.png(width: width, height: height, data: []))).code == .noPixels)
        #expect(try #require(failure(jpeg(width: width, height: height))).code == .noPixels)
    }

    @Test func refusesTooManyBytes() throws {
        let limits = DecodingLimits(maximumByteCount: 2000)
        let error = try #require(failure(ImageFixtures.bytes("photo.jpg"), limits: limits))
        #expect(error.code == .tooManyBytes)
        #expect(error.message.contains("2000 bytes"))
    }

    @Test(arguments: ImageFixtures.names)
    func refusesTooManyPixels(_ name: String) throws {
        let limits = DecodingLimits(maximumPixelCount: 5000)
        let error = try #require(failure(ImageFixtures.bytes(name), limits: limits))
        #expect(error.code == .tooManyPixels)
    }

    @Test func refusesScanBombBeforeDecoding() throws {
        // A hundred megapixels, and four hundred scans of nothing.
        let scan = try scanSegment()
        let bomb =
            try jpeg(width: 10_000, height: 10_000) + Array(repeatElement(scan, count: 400).joined()) + [0xFF, 0xD9]
        let start = ContinuousClock.now
        let error = try #require(failure(bomb))
        #expect(error.code == .tookTooLong)
        #expect(error.message.contains("30 seconds"))
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func stopsWhenTimeIsUp() throws {
        let limits = DecodingLimits(timeLimit: .nanoseconds(1))
        for name in ["photo.jpg", "rgb.png", "rgb.heic"] {
            #expect(try #require(failure(ImageFixtures.bytes(name), limits: limits)).code == .tookTooLong)
        }
    }

    @Test func refusesRegionSmallerThanAPixel() throws {
        let region = try Region(x: 0.5, y: 0.5, width: 0.001, height: 0.5)
        let error = #expect(throws: ImageError.self) {
            try decoder.prepare(ImageFixtures.bytes("rgb.png"), region: region)
        }
        #expect(error?.code == .regionOutside)
        #expect(error?.message.contains("96 × 64") == true)
    }

    @Test func neverShowsALibrarysText() throws {
        let error = try #require(failure(Array(ImageFixtures.bytes("rgb.png").prefix(200))))
        #expect(!error.message.lowercased().contains("vips"))
        #expect(error.underlying != nil)
    }

    @Test func readsADrawingThatPretendsToBeAPNGAsAPNG() throws {
        let disguised = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array("<svg width='9' height='9'/>".utf8)
        #expect(try #require(failure(disguised)).code == .damaged)
    }

    /// The progressive fixture with another size in its frame header.
    private func jpeg(width: Int, height: Int) throws -> [UInt8] {
        var bytes = try ImageFixtures.bytes("progressive.jpg")
        let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC2 })
        bytes[frame + 5] = UInt8(height >> 8)
        bytes[frame + 6] = UInt8(height & 255)
        bytes[frame + 7] = UInt8(width >> 8)
        bytes[frame + 8] = UInt8(width & 255)
        return bytes
    }

    private func scanSegment() throws -> [UInt8] {
        [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0x00]
    }
}

/// PNG files whose header says what a test wants.
enum PNGForgery {
    static func png(width: Int, height: Int, data: [UInt8]) -> [UInt8] {
        let header = bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        return signature + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", [])
    }

    private static func chunk(_ kind: String, _ body: [UInt8]) -> [UInt8] {
        let content = Array(kind.utf8) + body
        return bigEndian(body.count) + content + bigEndian(Int(checksum(content)))
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// CRC-32 as PNG defines it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
