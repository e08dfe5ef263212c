import SemblanceCore
import SemblanceVision
import Testing

@Suite struct FittingTests {
    private func fit(_ width: Int, _ height: Int, _ preprocessing: Preprocessing) -> Fitting {
        Fitting(width: width, height: height, preprocessing: preprocessing)
    }

    @Test func padsToTheLongestSide() {
        let wide = fit(640, 480, .bytes(size: 224))
        #expect(wide.resizedWidth == 224 && wide.resizedHeight == 168)
        #expect(wide.left == 0 && wide.top == 28)
        let tall = fit(333, 1000, .bytes(size: 224))
        #expect(tall.resizedWidth == 75 && tall.resizedHeight == 224)
        #expect(tall.left == 74 && tall.top == 0)
    }

    @Test func keepsAtLeastOnePixelOfAThinLine() {
        let line = fit(5000, 1, .bytes(size: 224))
        #expect(line.resizedWidth == 224 && line.resizedHeight == 1)
        #expect(line.visibleRows == 0..<1)
    }

    /// Values that torchvision's Resize(256) and CenterCrop(224) have.
    @Test func cropsAsTorchvision() {
        let wide = fit(640, 480, .bytes(size: 224, fit: .crop, resizeTo: 256))
        #expect(wide.resizedWidth == 341 && wide.resizedHeight == 256)
        #expect(wide.visibleColumns == 58..<282 && wide.visibleRows == 16..<240)
        #expect(!wide.hasMargins)
    }

    @Test func centresOnWhiteWhatIsSmallerThanTheCrop() {
        let small = fit(100, 100, .bytes(size: 224, fit: .crop, resizeTo: 200))
        #expect(small.left == 12 && small.top == 12 && small.hasMargins)
        #expect(small.visibleColumns == 0..<200)
    }

    @Test func stretchesBothSides() {
        let stretched = fit(10, 999, .bytes(size: 64, fit: .stretch))
        #expect(stretched.resizedWidth == 64 && stretched.resizedHeight == 64 && !stretched.hasMargins)
    }

    @Test func thumbnailsNeverGrow() {
        let small = Fitting(width: 300, height: 200, thumbnailOf: 320)
        #expect(small.canvasWidth == 300 && small.canvasHeight == 200)
        let large = Fitting(width: 4000, height: 3000, thumbnailOf: 320)
        #expect(large.canvasWidth == 320 && large.canvasHeight == 240)
    }

    /// A 640×480 picture is decoded whole; twelve megapixels shrink to an eighth.
    @Test(arguments: [
        (640, 480, 224, 1), (895, 671, 224, 1), (896, 672, 224, 2), (1792, 1344, 224, 4), (4000, 3000, 224, 8),
        (3583, 2687, 224, 4), (100, 5000, 224, 8), (60000, 8, 224, 4), (60000, 1, 224, 1),
    ])
    func reducesOnlyWhileTwiceTheTargetIsLeft(_ width: Int, _ height: Int, _ size: Int, _ reduction: Int) {
        let box = PixelBox(width: width, height: height)
        #expect(ImageDecoder.reduction(from: box, to: fit(width, height, .bytes(size: size))) == reduction)
    }

    @Test func reducesForTheRegionThatIsUsed() throws {
        let box = try PixelBox(Region(x: 0.5, y: 0.5, width: 0.25, height: 0.25), width: 4000, height: 3000)
        #expect(box.columns == 2000..<3000 && box.rows == 1500..<2250)
        let fitting = fit(box.width, box.height, .bytes(size: 224))
        #expect(ImageDecoder.reduction(from: box, to: fitting) == 2)
    }
}
