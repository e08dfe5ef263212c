import Foundation
import SemblanceCore
import Testing

@Suite struct ContentHashTests {
    /// The first two are the test vectors of FIPS 180-2; the last is its million times "a".
    @Test(arguments: [
        ([UInt8](), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            [UInt8](repeating: 0x61, count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func hashesAsSHA256(bytes: [UInt8], expected: String) {
        #expect(ContentHash(hashing: bytes).hexadecimal == expected)
        #expect(ContentHash(hashing: bytes.reversed().reversed() as ReversedCollection).hexadecimal == expected)
    }

    @Test func aStreamInPiecesHasTheHashOfTheWhole() {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for size in [1, 63, 64, 65, 4096, 99_999] {
            var hasher = ContentHasher()
            for start in stride(from: 0, to: bytes.count, by: size) {
                bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { hasher.update($0) }
            }
            #expect(hasher.finalize() == ContentHash(hashing: bytes))
        }
        #expect(ContentHasher().finalize() == ContentHash(hashing: []))
    }

    @Test func readsSixtyFourHexadecimalDigitsAndNothingElse() {
        let hash = ContentHash(hashing: Array("x".utf8))
        #expect(ContentHash(hexadecimal: hash.hexadecimal) == hash)
        #expect(ContentHash(hexadecimal: hash.hexadecimal.uppercased()) == hash)
        let digits = hash.hexadecimal
        for text in [
            "", "ab", String(digits.dropLast()), digits + "0", String(digits.dropLast()) + "g",
            "../" + digits.dropFirst(3), String(digits.dropLast()) + "é", "０" + digits.dropFirst(3),
        ] {
            #expect(ContentHash(hexadecimal: text) == nil, "\(text)")
        }
    }

    @Test func ordersByBytes() {
        let small = ContentHash(bytes: [UInt8](repeating: 1, count: 32))
        let large = ContentHash(bytes: [1, 2] + [UInt8](repeating: 0, count: 30))
        #expect(small < large)
        #expect(!(large < small) && !(small < small))
    }

    @Test func isTextInJSON() throws {
        let hash = ContentHash(hashing: Array("x".utf8))
        let data = try JSONEncoder().encode([hash])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(hash.hexadecimal)\"]")
        #expect(try JSONDecoder().decode([ContentHash].self, from: data) == [hash])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ContentHash].self, from: Data("[\"abc\"]".utf8))
        }
    }
}
