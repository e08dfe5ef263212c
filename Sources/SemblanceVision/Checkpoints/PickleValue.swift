/// A value on the pickle machine's stack.
///
/// Whatever can hold other values is a number in the machine's arena: a hostile stream can make containers that hold
/// themselves, or nest a million deep, and neither copying nor freeing these may follow the nesting.
enum PickleValue: Hashable {
    case none
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    case string(String)
    case tuple(ContainerID)
    case list(ContainerID)
    case dictionary(ContainerID)
    case global(PickleGlobal)
    /// A number in `PickleArena.storages`.
    case storage(Int)
    /// A number in `PickleArena.tensors`.
    case tensor(Int)

    struct ContainerID: Hashable {
        let index: Int
    }

    /// What the value is, for messages.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a truth value"
        case .integer: "a whole number"
        case .real: "a number"
        case .string: "a string"
        case .tuple: "a tuple"
        case .list: "a list"
        case .dictionary: "a dictionary"
        case .global: "a class"
        case .storage: "a storage"
        case .tensor: "a tensor"
        }
    }
}

/// The only names that a stream may ask for. None of them is looked up: each stands for code in this folder.
enum PickleGlobal: Hashable {
    case orderedDictionary
    case rebuildTensor
    case rebuildTensorVersion2
    case rebuildParameter
    case storage(ElementType)

    /// - Returns: `nil` for every other name.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorVersion2
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", _):
            guard let type = Self.storages[name] else { return nil }
            self = .storage(type)
        default: return nil
        }
    }

    private static let storages: [String: ElementType] = [
        "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8,
        "ByteStorage": .uint8, "BoolStorage": .bool,
    ]
}

/// Everything that a stream has made: containers, and the storages and tensors that it describes.
struct PickleArena {
    /// The elements of each tuple and list; a dictionary's keys and values in turn.
    private(set) var containers: [[PickleValue]] = []
    var storages: [StorageDescription] = []
    var tensors: [TensorDescription] = []
    /// Values in all containers.
    private(set) var elementCount = 0

    subscript(id: PickleValue.ContainerID) -> [PickleValue] { containers[id.index] }

    mutating func make(_ elements: [PickleValue] = []) -> PickleValue.ContainerID {
        containers.append(elements)
        elementCount += elements.count
        return PickleValue.ContainerID(index: containers.count - 1)
    }

    mutating func append(_ elements: [PickleValue], to id: PickleValue.ContainerID) {
        elementCount += elements.count
        containers[id.index].append(contentsOf: elements)
    }

    /// A dictionary's entries under string keys, in order; where a key stands twice the last counts, as in Python.
    func entries(of id: PickleValue.ContainerID) -> [(key: String, value: PickleValue)] {
        let elements = self[id]
        return stride(from: 0, to: elements.count - 1, by: 2).compactMap { index in
            guard case .string(let key) = elements[index] else { return nil }
            return (key, elements[index + 1])
        }
    }
}

/// A run of numbers elsewhere in the file.
struct StorageDescription: Hashable {
    let key: String
    let elementType: ElementType
    /// Elements.
    let count: Int
}

/// A view on a storage; not checked against it yet.
struct TensorDescription: Hashable {
    /// A number in `PickleArena.storages`.
    let storage: Int
    let offset: Int
    let shape: [Int]
    let strides: [Int]
    /// Where the stream made it, for messages.
    let byteOffset: Int
}
