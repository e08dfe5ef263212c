import CImageKernels
import SemblanceCore
import SemblanceVision
import Testing

@Suite struct ResamplerTests {
    private static let levels = [
        SEMBLANCE_IMAGE_SIMD_PLAIN, SEMBLANCE_IMAGE_SIMD_AVX2, SEMBLANCE_IMAGE_SIMD_AVX512_VNNI,
        SEMBLANCE_IMAGE_SIMD_NEON,
    ].filter { semblance_image_has_simd($0) != 0 }

    private func raster(
        _ width: Int, _ height: Int, _ orientation: Orientation = .upright, _ pixel: (Int, Int) -> [UInt8]
    ) -> Raster {
        let buffer = PixelBuffer(capacity: Raster.byteCount(width: width, height: height))
        let raster = Raster(buffer: buffer, width: width, height: height, orientation: orientation)
        for y in 0..<height {
            for x in 0..<width {
                for (channel, value) in pixel(x, y).enumerated() { raster.row(y)[4 * x + channel] = value }
            }
        }
        return raster
    }

    private func noise(_ width: Int, _ height: Int, _ orientation: Orientation = .upright) -> Raster {
        var random = FixedRandom(seed: UInt64(width * 1000 + height))
        // Extremes make a cubic overshoot, where clamping must agree.
        return raster(width, height, orientation) { _, _ in
            (0..<4).map { _ in [0, 255, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0 }
        }
    }

    private func fit(
        _ raster: Raster, _ preprocessing: Preprocessing, box: PixelBox? = nil,
        simd: semblance_image_simd = semblance_image_best_simd()
    ) -> [UInt8] {
        let box = box ?? PixelBox(width: raster.uprightWidth, height: raster.uprightHeight)
        return Resampler(simd: simd, buffers: PixelBufferPool()).fit(
            raster, box: box, of: (raster.uprightWidth, raster.uprightHeight),
            to: Fitting(width: box.width, height: box.height, preprocessing: preprocessing),
            filter: preprocessing.filter)
    }

    private func packed(_ raster: Raster) -> [UInt8] {
        (0..<raster.height).flatMap { y in
            (0..<raster.width).flatMap { x in (0..<3).map { raster.row(y)[4 * x + $0] } }
        }
    }

    @Test(arguments: Preprocessing.Filter.allCases)
    func sameSizeChangesNothing(_ filter: Preprocessing.Filter) {
        let picture = noise(37, 37)
        #expect(fit(picture, .bytes(size: 37, fit: .stretch, filter: filter)) == packed(picture))
    }

    @Test(arguments: Preprocessing.Filter.allCases, [8, 33, 300])
    func constantPicturesStayConstant(_ filter: Preprocessing.Filter, _ size: Int) {
        let picture = raster(61, 45) { _, _ in [3, 254, 130] }
        let pixels = fit(picture, .bytes(size: size, fit: .stretch, filter: filter))
        #expect((0..<size * size).allSatisfy { Array(pixels[3 * $0..<3 * $0 + 3]) == [3, 254, 130] })
    }

    @Test(arguments: Preprocessing.Fit.allCases)
    func regionOfTheWholeIsTheWhole(_ fit: Preprocessing.Fit) throws {
        let bytes = try ImageFixtures.bytes("photo.jpg")
        let whole = try Region(x: 0, y: 0, width: 1, height: 1)
        for size in [16, 40, 224] {
            let preprocessing = Preprocessing.bytes(size: size, fit: fit)
            let decoder = ImageDecoder()
            #expect(
                try decoder.prepare(bytes, for: preprocessing, region: whole)
                    == decoder.prepare(bytes, for: preprocessing))
        }
    }

    @Test func pixelsOutsideTheRegionHaveNoInfluence() throws {
        let region = try Region(x: 0.25, y: 0.25, width: 0.5, height: 0.5)
        let picture = noise(40, 32)
        let box = try PixelBox(region, width: 40, height: 32)
        let before = fit(picture, .bytes(size: 13), box: box)
        for y in 0..<32 {
            for x in 0..<40 where !box.columns.contains(x) || !box.rows.contains(y) {
                for channel in 0..<4 { picture.row(y)[4 * x + channel] ^= 0xFF }
            }
        }
        #expect(fit(picture, .bytes(size: 13), box: box) == before)
    }

    @Test(arguments: levels.map(\.rawValue))
    func everyLevelOfSIMDGivesTheSameBytes(_ level: UInt32) {
        let sizes = [(1, 1), (2, 3), (5, 1), (1, 9), (17, 31), (64, 48), (333, 77), (90, 400), (640, 480)]
        for (width, height) in sizes {
            for filter in Preprocessing.Filter.allCases {
                for (size, kind) in [(8, Preprocessing.Fit.stretch), (23, .pad), (64, .crop), (111, .stretch)] {
                    let picture = noise(width, height, Orientation(rawValue: 1 + (width + size) % 8) ?? .upright)
                    let preprocessing = Preprocessing.bytes(size: size, fit: kind, filter: filter)
                    #expect(
                        fit(picture, preprocessing, simd: semblance_image_simd(level))
                            == fit(picture, preprocessing, simd: SEMBLANCE_IMAGE_SIMD_PLAIN))
                }
            }
        }
    }

    /// Turning while resampling equals turning first, for squares and for tall pictures, whose passes change places.
    @Test(arguments: Orientation.allCases, [(20, 20), (50, 14), (14, 50), (10, 60)])
    func turningWhileResamplingEqualsTurningFirst(_ orientation: Orientation, _ size: (Int, Int)) {
        let stored = noise(size.0, size.1, orientation)
        let (width, height) = (stored.uprightWidth, stored.uprightHeight)
        let upright = raster(width, height) { x, y in
            var (column, row) = (
                orientation.mirrorsColumns ? width - 1 - x : x, orientation.mirrorsRows ? height - 1 - y : y
            )
            if orientation.isTransposed { swap(&column, &row) }
            return (0..<4).map { stored.row(row)[4 * column + $0] }
        }
        for fit in Preprocessing.Fit.allCases {
            let preprocessing = Preprocessing.bytes(size: 11, fit: fit, resizeTo: 13)
            #expect(self.fit(stored, preprocessing) == self.fit(upright, preprocessing))
        }
    }

    @Test func weightsSumToOne() {
        for (count, target) in [(480, 168), (7, 224), (65_535, 8), (1, 3)] {
            for filter in Preprocessing.Filter.allCases {
                let axis = ResamplingAxis(
                    box: 0...Double(count), inputCount: count, resizedCount: target, outputs: 0..<target,
                    filter: filter)
                for output in 0..<target {
                    let weights = axis.weights[output * axis.stride..<(output + 1) * axis.stride]
                    let sum = weights.reduce(0) { $0 + Int($1) }
                    // Each weight is rounded by at most half a unit.
                    #expect(abs(sum - 1 << SEMBLANCE_WEIGHT_BITS) <= Int(axis.count[output]))
                    #expect(Int(axis.first[output] + axis.count[output]) <= count)
                }
            }
        }
    }

    @Test func laysColoursOverWhiteExactly() {
        for alpha in 0...255 {
            for colour in stride(from: 0, through: 255, by: 5) {
                var result = [UInt8](repeating: 0, count: 4)
                semblance_image_expand([UInt8(colour), 0, 255, UInt8(alpha)], 1, 4, &result)
                let exact = (Double(colour * alpha + 255 * (255 - alpha)) / 255).rounded()
                #expect(result[0] == UInt8(exact) && result[2] == 255 && result[1] == 255 - UInt8(alpha))
            }
        }
    }
}
