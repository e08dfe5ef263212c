import SemblanceVision
import Testing

@Suite struct EXIFOrientationTests {
    private func read(_ bytes: [UInt8]) -> Orientation {
        bytes.withUnsafeBytes { EXIFOrientation.read($0) }
    }

    private func tiff(isLittle: Bool, value: UInt16, type: UInt16 = 3, entries: UInt16 = 1) -> [UInt8] {
        func short(_ value: UInt16) -> [UInt8] {
            let bytes = [UInt8(value >> 8), UInt8(value & 255)]
            return isLittle ? bytes.reversed() : bytes
        }
        func long(_ value: UInt32) -> [UInt8] {
            let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
            return isLittle ? bytes.reversed() : bytes
        }
        let mark = Array((isLittle ? "II" : "MM").utf8)
        return mark + short(42) + long(8) + short(entries) + short(0x0112) + short(type) + long(1) + short(value) + [
            0, 0,
        ]
    }

    @Test(arguments: Orientation.allCases, [true, false])
    func readsBothByteOrders(_ orientation: Orientation, _ isLittle: Bool) {
        #expect(read(tiff(isLittle: isLittle, value: UInt16(orientation.rawValue))) == orientation)
    }

    @Test(arguments: [UInt16(0), 9, 65535])
    func takesSenselessValuesAsUpright(_ value: UInt16) {
        #expect(read(tiff(isLittle: true, value: value)) == .upright)
    }

    @Test func takesOtherTypesAsUpright() {
        #expect(read(tiff(isLittle: true, value: 6, type: 2)) == .upright)
    }

    @Test func neverReadsBeyondTheEnd() {
        let whole = tiff(isLittle: false, value: 6, entries: 60_000)
        #expect(read(whole) == .turnedLeft)
        for length in 0..<whole.count - 2 {
            #expect(read(Array(whole.prefix(length))) == .upright)
        }
    }

    @Test func toleratesDirectoryOffsetsOutside() {
        var bytes = tiff(isLittle: true, value: 6)
        bytes.replaceSubrange(4..<8, with: [255, 255, 255, 255])
        #expect(read(bytes) == .upright)
    }
}
