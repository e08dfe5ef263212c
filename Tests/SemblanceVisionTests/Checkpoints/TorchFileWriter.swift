import SemblanceVision

/// Writes pickle instructions by hand, well-formed or not.
struct PickleWriter {
    var bytes: [UInt8] = [0x80, 2]

    mutating func raw(_ bytes: UInt8...) { self.bytes += bytes }
    mutating func mark() { raw(0x28) }
    mutating func tuple() { raw(0x74) }
    mutating func none() { raw(0x4E) }
    mutating func reduce() { raw(0x52) }
    mutating func stop() { raw(0x2E) }

    mutating func text(_ text: String) {
        raw(0x58)
        bytes += withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian, Array.init)
        bytes += text.utf8
    }

    mutating func integer(_ value: Int) {
        if let small = Int32(exactly: value) {
            raw(0x4A)
            bytes += withUnsafeBytes(of: small.littleEndian, Array.init)
        } else {
            raw(0x8A, 8)
            bytes += withUnsafeBytes(of: Int64(value).littleEndian, Array.init)
        }
    }

    mutating func integers(_ values: [Int]) {
        mark()
        for value in values { integer(value) }
        tuple()
    }

    mutating func global(_ module: String, _ name: String) {
        raw(0x63)
        bytes += "\(module)\n\(name)\n".utf8
    }
}

/// Writes files in PyTorch's legacy format: those that PyTorch would write, and, part by part, damaged ones.
struct TorchFileWriter {
    struct Storage {
        var key: String
        var className = "FloatStorage"
        /// Elements as the pickle tells.
        var count: Int
        var bytes: [UInt8]
        /// Elements as the file tells; by default the same.
        var writtenCount: Int?
    }

    struct Tensor {
        var name: String
        var storage: Int
        var offset = 0
        var shape: [Int]
        var strides: [Int]
        var isParameter = false
    }

    var storages: [Storage] = []
    var tensors: [Tensor] = []
    /// The key of a dictionary around the state dict, or none.
    var wrapper: String?
    /// Whether the dictionary around the state dict has a tensor of its own: the first one, as `best`.
    var hasTensorBesideWrapper = false
    var version = 1001
    var isLittleEndian = true
    /// Keys in the list of storages; by default those of `storages`.
    var listedKeys: [String]?
    var tail: [UInt8] = []

    static let magic: [UInt8] = [
        0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]

    /// One tensor of Float32 in a storage of its own.
    static func floats(_ values: [Float], shape: [Int], strides: [Int]) -> TorchFileWriter {
        var writer = TorchFileWriter()
        writer.storages = [
            Storage(key: "7", count: values.count, bytes: values.withUnsafeBytes { Array($0) })
        ]
        writer.tensors = [Tensor(name: "w", storage: 0, shape: shape, strides: strides)]
        return writer
    }

    /// A file whose state dict is any pickle.
    static func file(withBody body: [UInt8]) -> [UInt8] {
        var writer = TorchFileWriter()
        writer.listedKeys = []
        return writer.preamble() + body + writer.trailer()
    }

    func file() -> [UInt8] { preamble() + body() + trailer() }

    func checkpoint() throws -> Checkpoint {
        try Checkpoint.read(CheckpointFile(file(), name: "test.pth"))
    }

    private func preamble() -> [UInt8] {
        var number = PickleWriter()
        number.integer(version)
        number.stop()
        var system = PickleWriter()
        system.raw(0x7D)
        system.text("little_endian")
        system.raw(isLittleEndian ? 0x88 : 0x89, 0x73)
        system.stop()
        return Self.magic + number.bytes + system.bytes
    }

    /// The state dict's pickle, which is the same in both of PyTorch's formats.
    func body() -> [UInt8] {
        var pickle = PickleWriter()
        pickle.global("collections", "OrderedDict")
        pickle.raw(0x29)
        pickle.reduce()
        if hasTensorBesideWrapper {
            pickle.text("best")
            append(tensors[0], to: &pickle)
            pickle.raw(0x73)
        }
        if let wrapper {
            pickle.text(wrapper)
            pickle.raw(0x7D)
        }
        for tensor in tensors {
            pickle.text(tensor.name)
            append(tensor, to: &pickle)
            pickle.raw(0x73)
        }
        if wrapper != nil { pickle.raw(0x73) }
        pickle.stop()
        return pickle.bytes
    }

    private func append(_ tensor: Tensor, to pickle: inout PickleWriter) {
        if tensor.isParameter {
            pickle.global("torch._utils", "_rebuild_parameter")
            pickle.mark()
        }
        let storage = storages[tensor.storage]
        pickle.global("torch._utils", "_rebuild_tensor_v2")
        pickle.mark()
        pickle.mark()
        pickle.text("storage")
        pickle.global("torch", storage.className)
        pickle.text(storage.key)
        pickle.text("cpu")
        pickle.integer(storage.count)
        pickle.none()
        pickle.tuple()
        pickle.raw(0x51)
        pickle.integer(tensor.offset)
        pickle.integers(tensor.shape)
        pickle.integers(tensor.strides)
        pickle.raw(0x89, 0x7D)
        pickle.tuple()
        pickle.reduce()
        if tensor.isParameter {
            pickle.raw(0x88, 0x7D)
            pickle.tuple()
            pickle.reduce()
        }
    }

    private func trailer() -> [UInt8] {
        var keys = PickleWriter()
        keys.raw(0x5D)
        for key in listedKeys ?? storages.map(\.key) {
            keys.text(key)
            keys.raw(0x61)
        }
        keys.stop()
        return storages.reduce(keys.bytes) { bytes, storage in
            let count = Int64(storage.writtenCount ?? storage.count)
            return bytes + withUnsafeBytes(of: count.littleEndian, Array.init) + storage.bytes
        } + tail
    }
}
