import SemblanceCore

/// What the calls in a PyTorch stream describe: storages by persistent id, tensors by their rebuild functions.
extension PickleMachine {
    /// Takes a class and its arguments, and pushes a description of what the call would have made.
    mutating func reduce() throws(ModelError) {
        guard case .tuple(let id) = try pop() else { throw .damaged(at: offset, "expected a tuple of arguments") }
        let arguments = arena[id]
        guard case .global(let global) = try pop() else { throw .damaged(at: offset, "expected a class to call") }
        switch global {
        case .orderedDictionary: stack.append(try orderedDictionary(arguments))
        case .rebuildTensor: stack.append(try tensor(arguments, expectedCounts: 4...4))
        // Gradient flag, hooks and, from PyTorch 2.1, metadata follow.
        case .rebuildTensorVersion2: stack.append(try tensor(arguments, expectedCounts: 5...7))
        case .rebuildParameter: stack.append(try parameter(arguments))
        case .storage(let type): throw .forbidden(at: offset, "a new \(type) storage")
        }
    }

    /// Reads the persistent id on the stack: `('storage', class, key, device, count[, view])`.
    mutating func loadStorage() throws(ModelError) {
        guard case .tuple(let id) = try pop() else {
            throw .damaged(at: offset, "expected a tuple that names a storage")
        }
        let parts = arena[id]
        guard (5...6).contains(parts.count), parts[0] == .string("storage"),
            case .global(.storage(let type)) = parts[1], case .string(let key) = parts[2],
            case .string = parts[3], case .integer(let count) = parts[4], let count = Int(exactly: count), count >= 0
        else { throw .damaged(at: offset, "expected a storage's class, key, device and size") }
        guard parts.count == 5 || parts[5] == .none else {
            throw .damaged(
                at: offset,
                "the storage '\(key.prefix(40))' is a view on another, as PyTorch 0.1 wrote; expected one of its own")
        }
        let description = StorageDescription(key: key, elementType: type, count: count)
        stack.append(.storage(try number(of: description)))
    }

    private mutating func number(of description: StorageDescription) throws(ModelError) -> Int {
        if let number = storageNumbers[description.key] {
            guard arena.storages[number] == description else {
                throw .damaged(
                    at: offset, "the storage '\(description.key.prefix(40))' is described twice, and differently")
            }
            return number
        }
        arena.storages.append(description)
        storageNumbers[description.key] = arena.storages.count - 1
        return arena.storages.count - 1
    }

    /// `OrderedDict()`, or `OrderedDict([(key, value), …])` as Python 2 wrote it.
    private mutating func orderedDictionary(_ arguments: [PickleValue]) throws(ModelError) -> PickleValue {
        guard let first = arguments.first else { return .dictionary(arena.make()) }
        guard arguments.count == 1, case .list(let pairs) = first else {
            throw .damaged(at: offset, "expected no arguments or a list of pairs for a dictionary")
        }
        var elements: [PickleValue] = []
        for pair in arena[pairs] {
            guard let pair = self.elements(of: pair), pair.count == 2 else {
                throw .damaged(at: offset, "expected a key and a value, not \(pair.kind)")
            }
            elements += pair
        }
        return .dictionary(arena.make(elements))
    }

    /// `(storage, offset, shape, strides, …)`; the bounds are checked when the storage's place is known.
    private mutating func tensor(
        _ arguments: [PickleValue], expectedCounts: ClosedRange<Int>
    ) throws(ModelError) -> PickleValue {
        guard expectedCounts.contains(arguments.count), case .storage(let storage) = arguments[0],
            case .integer(let start) = arguments[1], let start = Int(exactly: start),
            let shape = sizes(arguments[2]), let strides = sizes(arguments[3])
        else { throw .damaged(at: offset, "expected a tensor's storage, offset, shape and strides") }
        arena.tensors.append(
            TensorDescription(storage: storage, offset: start, shape: shape, strides: strides, byteOffset: offset))
        return .tensor(arena.tensors.count - 1)
    }

    /// `(tensor, needs gradient, hooks)`.
    private func parameter(_ arguments: [PickleValue]) throws(ModelError) -> PickleValue {
        guard arguments.count == 3, case .tensor = arguments[0] else {
            throw .damaged(at: offset, "expected a parameter's tensor")
        }
        return arguments[0]
    }

    private func elements(of value: PickleValue) -> [PickleValue]? {
        switch value {
        case .tuple(let id), .list(let id): arena[id]
        default: nil
        }
    }

    private func sizes(_ value: PickleValue) -> [Int]? {
        guard let elements = elements(of: value), elements.count <= 8 else { return nil }
        var sizes: [Int] = []
        for element in elements {
            guard case .integer(let size) = element, let size = Int(exactly: size), size >= 0 else { return nil }
            sizes.append(size)
        }
        return sizes
    }
}
