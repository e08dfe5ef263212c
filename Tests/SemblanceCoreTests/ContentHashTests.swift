import SemblanceCore
import Testing

@Suite struct ContentHashTests {
    @Test func hashesAsSHA256() {
        // The test vectors of FIPS 180-2.
        #expect(
            ContentHash(hashing: [UInt8]()).hexadecimal
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            ContentHash(hashing: Array("abc".utf8)).hexadecimal
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
