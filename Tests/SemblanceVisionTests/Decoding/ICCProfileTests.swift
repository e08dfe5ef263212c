import SemblanceVision
import Testing

@Suite struct ICCProfileTests {
    /// The profile embedded in a fixture's first APP2 segment.
    private func profile(of name: String) throws -> [UInt8] {
        let bytes = try ImageFixtures.bytes(name)
        let mark = Array("ICC_PROFILE\0".utf8)
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: mark) })
        let length = Int(bytes[start - 2]) << 8 | Int(bytes[start - 1])
        return Array(bytes[(start + 14)..<(start - 2 + length)])
    }

    private func isSRGB(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { ICCProfile.isSRGB($0) } }

    @Test func recognisesSRGB() throws {
        #expect(isSRGB(try profile(of: "srgb-profile.jpg")))
    }

    @Test func recognisesOtherProfiles() throws {
        #expect(!isSRGB(try profile(of: "adobe-rgb.jpg")))
    }

    @Test func takesDamagedProfilesAsForeign() throws {
        let whole = try profile(of: "srgb-profile.jpg")
        for length in stride(from: 0, to: whole.count - 4, by: 7) {
            #expect(!isSRGB(Array(whole.prefix(length))))
        }
    }

    @Test func summarisesPlainJPEGs() throws {
        func summary(_ name: String) throws -> JPEGSummary {
            let bytes = try ImageFixtures.bytes(name)
            return try #require(bytes.withUnsafeBytes { JPEGSummary($0) })
        }
        #expect(try summary("srgb-profile.jpg").isPlain)
        #expect(try summary("grey.jpg").isPlain)
        #expect(try summary("progressive.jpg").isProgressive)
        #expect(try !summary("adobe-rgb.jpg").isPlain)
        #expect(try !summary("cmyk.jpg").isPlain)
        #expect(try summary("orientation-7.jpg").orientation == .transverse)
    }

    @Test func countsScans() throws {
        let progressive = try ImageFixtures.bytes("progressive.jpg")
        let sequential = try ImageFixtures.bytes("photo.jpg")
        #expect(progressive.withUnsafeBytes { JPEGSummary($0)?.scanCount(in: $0) } == 10)
        #expect(sequential.withUnsafeBytes { JPEGSummary($0)?.scanCount(in: $0) } == 1)
    }
}
