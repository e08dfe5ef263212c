import SemblanceCore
import SemblanceVision
import Testing

@Suite struct SafetensorsReaderTests {
    /// A file with any header and any bytes after it.
    static func file(_ header: String, data: [UInt8] = [], announcing count: UInt64? = nil) -> [UInt8] {
        let count = count ?? UInt64(header.utf8.count)
        return withUnsafeBytes(of: count.littleEndian) { Array($0) } + header.utf8 + data
    }

    private func read(_ header: String, data: [UInt8] = []) throws -> Checkpoint {
        try Checkpoint.read(CheckpointFile(Self.file(header, data: data), name: "test.safetensors"))
    }

    private static func member(
        _ name: String, _ type: String = "U8", shape: String = "[4]", offsets: String = "[0,4]"
    ) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    private static let four: [UInt8] = [1, 2, 3, 4]

    @Test func readsTensorsAndLeavesMetadata() throws {
        let header = #"{"__metadata__":{"format":"pt"},\#(Self.member("b", shape: "[2,2]", offsets: "[4,8]")),"#
        let checkpoint = try read(header + Self.member("a") + "}   ", data: Self.four + [5, 6, 7, 8])
        #expect(checkpoint.tensors.keys.sorted() == ["a", "b"])
        #expect(try checkpoint["a"]?.floats() == [1, 2, 3, 4])
        #expect(try checkpoint["b"]?.floats() == [5, 6, 7, 8])
        #expect(checkpoint["b"]?.shape == [2, 2])
    }

    @Test(arguments: [
        ("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0xBF] as [UInt8], -1.5 as Float),
        ("F32", [0, 0, 0xC0, 0xBF], -1.5), ("F16", [0x00, 0xBE], -1.5), ("F16", [0x01, 0x00], 0x1p-24),
        ("F16", [0xFF, 0x7B], 65504), ("F16", [0xFF, 0x83], -0x3FFp-24), ("BF16", [0xC0, 0xBF], -1.5),
        ("I64", [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], -2), ("I32", [0xFE, 0xFF, 0xFF, 0xFF], -2),
        ("I16", [0xFE, 0xFF], -2), ("I8", [0xFE], -2), ("U8", [0xFE], 254), ("BOOL", [1], 1),
    ])
    func readsEveryElementType(type: String, bytes: [UInt8], expected: Float) throws {
        // Thirty-three of them: more than fit a vector register, and a rest.
        let data = [[UInt8]](repeating: bytes, count: 33).flatMap { $0 }
        let header = Self.member("w", type, shape: "[33]", offsets: "[0,\(data.count)]")
        let found = try read("{\(header)}", data: data)["w"]?.floats()
        #expect(found == [Float](repeating: expected, count: 33))
    }

    @Test(arguments: [("F16", [0x00, 0x7C] as [UInt8]), ("F16", [0x01, 0xFC]), ("BF16", [0x80, 0x7F])])
    func refusesHalvesThatAreNotFinite(type: String, bytes: [UInt8]) throws {
        let header = Self.member("w", type, shape: "[2]", offsets: "[0,4]")
        let checkpoint = try read("{\(header)}", data: [0, 0] + bytes)
        let error = #expect(throws: ModelError.self) { try checkpoint["w"]?.floats() }
        #expect(error?.message.contains("'w'") == true)
        #expect(error?.message.contains("element 1") == true)
    }

    @Test func readsScalarsAndEmptyTensors() throws {
        let header =
            "{\(Self.member("empty", shape: "[0,3]", offsets: "[0,0]")),"
            + "\(Self.member("one", shape: "[]", offsets: "[0,1]"))}"
        let checkpoint = try read(header, data: [7])
        #expect(try checkpoint["empty"]?.floats() == [])
        #expect(try checkpoint["one"]?.floats() == [7])
    }

    // MARK: Damage

    private func refusal(_ header: String, data: [UInt8] = four) -> ModelError? {
        let error = #expect(throws: ModelError.self) { try read(header, data: data) }
        #expect(error?.code == .damagedCheckpoint)
        #expect(error?.message.contains("'test.safetensors'") == true)
        return error
    }

    @Test(arguments: [
        ("[0,5]", "does not hold"), ("[0,3]", "bytes"), ("[1,5]", "'w'"), ("[4,0]", "data_offsets"),
        ("[-1,3]", "data_offsets"),
        ("[0]", "data_offsets"), ("[0,4.5]", "data_offsets"), ("[0,1e300]", "data_offsets"), ("null", "data_offsets"),
        ("[0,9007199254740992]", "'w'"),
    ])
    func namesTheTensorWithWrongOffsets(offsets: String, expected: String) {
        let error = refusal("{\(Self.member("w", offsets: offsets))}")
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("'w'") == true)
    }

    @Test(arguments: [
        ("[5]", "U8"), ("[3]", "U8"), ("[-4]", "U8"), ("[2]", "F32"), ("[4611686018427387904,4]", "U8"),
        ("[1,1,1,1,1,1,1,1,4]", "U8"), ("4", "U8"), ("[4]", "F8_E4M3"), ("[4]", "U16"), ("[4]", ""),
    ])
    func namesTheTensorWithAWrongShapeOrType(shape: String, type: String) {
        #expect(refusal("{\(Self.member("w", type, shape: shape))}")?.message.contains("'w'") == true)
    }

    @Test func namesTheTensorThatLeavesTheFile() {
        let error = refusal("{\(Self.member("w", shape: "[5]", offsets: "[0,5]"))}")
        #expect(error?.message.contains("'w'") == true)
        #expect(error?.message.contains("byte 5 of the tensors' 4 bytes") == true)
    }

    @Test func refusesTensorsThatOverlap() {
        let header =
            "{\(Self.member("a", shape: "[3]", offsets: "[0,3]")),"
            + "\(Self.member("b", shape: "[2]", offsets: "[2,4]"))}"
        let error = refusal(header)
        #expect(error?.message.contains("'b'") == true)
        #expect(error?.message.contains("overlaps") == true)
    }

    @Test func refusesGapsAndBytesLeftOver() {
        let header =
            "{\(Self.member("a", shape: "[1]", offsets: "[0,1]")),"
            + "\(Self.member("b", shape: "[2]", offsets: "[2,4]"))}"
        #expect(refusal(header)?.message.contains("gap") == true)
        #expect(refusal("{\(Self.member("w"))}", data: Self.four + [0])?.message.contains("5 bytes follow") == true)
    }

    /// Of two members of one name JSON keeps one; what only the other described is then left over.
    @Test func refusesNamesThatStandTwice() {
        let header =
            "{\(Self.member("w", shape: "[2]", offsets: "[0,2]")),"
            + "\(Self.member("w", shape: "[2]", offsets: "[2,4]"))}"
        #expect(refusal(header)?.message.contains("gap") == true)
    }

    @Test(arguments: ["{", "{}", #"{"w":1}"#, #"{"w":{}}"#, "{]", #"{"__metadata__":{}}"#, #"{"w":"\#u{1}"}"#])
    func refusesHeadersThatDescribeNothing(header: String) {
        #expect(refusal(header) != nil)
    }

    @Test func refusesHeadersWithoutEnd() {
        let whole = Self.file("{\(Self.member("w"))}", data: Self.four)
        for count in [UInt64(whole.count), UInt64(UInt32.max), 17 << 20] {
            let bytes = withUnsafeBytes(of: count.littleEndian) { Array($0) } + whole.dropFirst(8)
            let error = #expect(throws: ModelError.self) {
                try Checkpoint.read(CheckpointFile(bytes, name: "test.safetensors"))
            }
            #expect(error?.message.contains("byte") == true && error?.message.contains("header") == true)
        }
        for length in 0..<whole.count {
            #expect(throws: ModelError.self) { try Checkpoint.read(CheckpointFile(whole.prefix(length), name: "cut")) }
        }
    }

    /// 100 MB of brackets would be a million levels deep: the parser stops at its limit.
    @Test func refusesNestingWithoutEnd() {
        let header = #"{"w":"# + String(repeating: "[", count: 1_000_000)
        #expect(refusal(header)?.message.contains("levels") == true)
    }
}
