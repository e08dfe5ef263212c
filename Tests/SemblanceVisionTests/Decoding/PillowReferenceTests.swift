import SemblanceCore
import SemblanceVision
import Testing

@Suite struct PillowReferenceTests {
    private let decoder = ImageDecoder()

    @Test func referencesArePresent() {
        #expect(ImageFixtures.references.count > 70)
        #expect(ImageFixtures.names.count > 45)
    }

    @Test(arguments: ImageFixtures.references)
    func equalsPillow(_ reference: ImageReference) throws {
        let image = try decoder.prepare(
            ImageFixtures.bytes(reference.file), for: reference.preprocessing, region: reference.makeRegion())
        #expect(image.header.width == reference.width)
        #expect(image.header.height == reference.height)
        #expect(image.prepared.pixels.count == reference.pixels.count)
        #expect(largestDifference(image.prepared.pixels, reference.pixels) <= reference.tolerance)
    }

    /// Where codecs leave no freedom, the pixels are Pillow's exactly.
    @Test(arguments: ImageFixtures.references.filter { $0.tolerance == 1 })
    func equalsPillowExactly(_ reference: ImageReference) throws {
        let image = try decoder.prepare(
            ImageFixtures.bytes(reference.file), for: reference.preprocessing, region: reference.makeRegion())
        #expect(largestDifference(image.prepared.pixels, reference.pixels) == 0)
    }

    @Test func referencesCoverEveryReduction() {
        #expect(Set(ImageFixtures.references.map(\.reduction)) == [1, 2, 4, 8])
    }
}
