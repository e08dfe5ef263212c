import SemblanceCore

/// Runs a pickle stream that may build data and describe tensors, and nothing else.
///
/// A pickle is a program for a small stack machine. Python's own may call any function; this one knows only
/// `PickleGlobal`, and runs none of it: `reduce` recognises what the publisher's code would have made and records it.
///
/// Invariants that make it safe on hostile input:
/// - every read is checked by `ByteCursor`; every pop by `stack` and `marks`, never below the innermost mark;
/// - no value holds another (see `PickleValue`), so nothing recurses;
/// - the stream's length is limited, and so is the number of values in containers: memory and time are bounded.
///
/// Reference: Python's `pickletools` for the instructions; PyTorch's `torch/_utils.py` for what is recognised.
struct PickleMachine {
    /// Bytes of one stream. A state dict of 10,000 tensors takes about 1.5 MB.
    static let maximumByteCount = 64 << 20
    /// Values in all containers of one stream, about 40 bytes each. A state dict of 10,000 tensors makes 300,000.
    static let maximumElementCount = 10_000_000

    private(set) var cursor: ByteCursor
    var arena: PickleArena
    var stack: [PickleValue] = []
    /// Heights of the stack at each open mark.
    private var marks: [Int] = []
    private var memory: [Int: PickleValue] = [:]
    /// Storages that were named before, so that tensors that share one agree on it.
    var storageNumbers: [String: Int] = [:]

    /// - Parameter offset: where the stream begins, in bytes from the file's start.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.init(bytes, in: offset..<max(offset, bytes.count))
    }

    /// - Parameter place: the bytes that the stream may take, from the file's start.
    init(_ bytes: UnsafeRawBufferPointer, in place: Range<Int>) {
        cursor = ByteCursor(bytes, at: place.lowerBound)
        cursor.limit(to: min(place.count, Self.maximumByteCount))
        arena = PickleArena()
    }

    /// Runs to the end of the stream; `cursor.offset` is behind it then.
    /// - Returns: the value that the stream leaves.
    /// - Throws: `model-checkpoint-damaged`, `model-checkpoint-forbidden`.
    mutating func run() throws(ModelError) -> PickleValue {
        while true {
            let offset = cursor.offset
            let byte = try cursor.number(UInt8.self, "an instruction")
            guard let opcode = PickleOpcode(rawValue: byte) else { throw Self.unknown(byte, at: offset) }
            if opcode == .stop { return try pop() }
            try execute(opcode)
            guard arena.elementCount <= Self.maximumElementCount else {
                throw .damaged(at: offset, "expected at most \(Self.maximumElementCount) values")
            }
        }
    }

    /// The offset of the next byte: behind the instruction that is being executed.
    var offset: Int { cursor.offset }

    private static func unknown(_ byte: UInt8, at offset: Int) -> ModelError {
        if let name = PickleOpcode.forbidden[byte] {
            return .forbidden(at: offset, "the instruction \(name), which makes objects of any class")
        }
        return .damaged(at: offset, "\(byte) is not an instruction that a checkpoint uses")
    }
}

// MARK: - The stack

extension PickleMachine {
    mutating func pop() throws(ModelError) -> PickleValue {
        guard stack.count > marks.last ?? 0 else {
            throw .damaged(at: offset, "expected a value on the stack, which is empty")
        }
        return stack.removeLast()
    }

    /// Takes everything above the innermost mark, and the mark.
    private mutating func popToMark() throws(ModelError) -> [PickleValue] {
        guard let height = marks.popLast() else {
            throw .damaged(at: offset, "expected a mark on the stack, which has none")
        }
        defer { stack.removeSubrange(height...) }
        return Array(stack[height...])
    }

    private mutating func pop(_ count: Int) throws(ModelError) -> [PickleValue] {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
    }

    private func top() throws(ModelError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.last else {
            throw .damaged(at: offset, "expected a value on the stack, which is empty")
        }
        return value
    }
}

// MARK: - Instructions

extension PickleMachine {
    private mutating func execute(_ opcode: PickleOpcode) throws(ModelError) {
        switch opcode {
        case .mark: marks.append(stack.count)
        case .stop: break
        case .pop: try popOrUnmark()
        case .popMark: _ = try popToMark()
        case .duplicate: stack.append(try top())
        case .int32, .uint8, .uint16, .float64, .shortLong, .none, .newTrue, .newFalse: try pushNumber(opcode)
        case .string, .shortString, .unicode, .shortUnicode, .longUnicode: try pushText(opcode)
        case .emptyTuple: stack.append(.tuple(arena.make()))
        case .tuple: stack.append(.tuple(arena.make(try popToMark())))
        case .tuple1: stack.append(.tuple(arena.make(try pop(1))))
        case .tuple2: stack.append(.tuple(arena.make(try pop(2))))
        case .tuple3: stack.append(.tuple(arena.make(try pop(3))))
        case .emptyList: stack.append(.list(arena.make()))
        case .list: stack.append(.list(arena.make(try popToMark())))
        case .append: try append([pop()])
        case .appends: try append(popToMark())
        case .emptyDictionary: stack.append(.dictionary(arena.make()))
        case .dictionary: try pushDictionary()
        case .setItem: try setItems(pop(2))
        case .setItems: try setItems(popToMark())
        case .get: try recall(Int(cursor.number(UInt8.self, "a memory number")))
        case .longGet: try recall(Int(cursor.number(UInt32.self, "a memory number")))
        case .put: memory[Int(try cursor.number(UInt8.self, "a memory number"))] = try top()
        case .longPut: memory[Int(try cursor.number(UInt32.self, "a memory number"))] = try top()
        case .memoise: memory[memory.count] = try top()
        case .global: try pushGlobal(module: cursor.line("a module's name"), name: cursor.line("a class's name"))
        case .stackGlobal: try pushStackGlobal()
        case .reduce: try reduce()
        case .build: try build()
        case .persistentID: try loadStorage()
        case .protocolVersion: try checkProtocol()
        case .frame: _ = try cursor.number(UInt64.self, "a frame's length")
        }
    }

    private mutating func popOrUnmark() throws(ModelError) {
        if let height = marks.last, height == stack.count {
            marks.removeLast()
        } else {
            _ = try pop()
        }
    }

    private mutating func pushNumber(_ opcode: PickleOpcode) throws(ModelError) {
        switch opcode {
        case .int32: stack.append(.integer(Int64(try cursor.number(Int32.self, "a number"))))
        case .uint8: stack.append(.integer(Int64(try cursor.number(UInt8.self, "a number"))))
        case .uint16: stack.append(.integer(Int64(try cursor.number(UInt16.self, "a number"))))
        case .float64:
            // The one big-endian number of the format.
            stack.append(.real(Double(bitPattern: try cursor.number(UInt64.self, "a number").byteSwapped)))
        case .shortLong: try pushLong()
        case .newTrue: stack.append(.bool(true))
        case .newFalse: stack.append(.bool(false))
        default: stack.append(.none)
        }
    }

    /// A two's complement number of any length, of which up to 8 bytes are taken.
    private mutating func pushLong() throws(ModelError) {
        let start = offset
        let length = Int(try cursor.number(UInt8.self, "a number's length"))
        guard length <= 8 else {
            throw .damaged(at: start, "expected a whole number of at most 8 bytes, not \(length)")
        }
        var value: Int64 = 0
        for index in 0..<length {
            value |= Int64(try cursor.number(UInt8.self, "a number")) << (8 * index)
        }
        let unused = 64 - 8 * length
        stack.append(.integer(length == 0 ? 0 : (value << unused) >> unused))
    }

    private mutating func pushText(_ opcode: PickleOpcode) throws(ModelError) {
        let start = offset
        let length: Int?
        switch opcode {
        case .shortString, .shortUnicode: length = Int(try cursor.number(UInt8.self, "a length"))
        case .string: length = Int(try cursor.number(Int32.self, "a length"))
        case .unicode: length = Int(try cursor.number(UInt32.self, "a length"))
        default: length = Int(exactly: try cursor.number(UInt64.self, "a length"))
        }
        guard let length, length >= 0 else { throw .damaged(at: start, "expected a length of 0 or more") }
        stack.append(.string(try cursor.text(byteCount: length, "text")))
    }

    private mutating func recall(_ number: Int) throws(ModelError) {
        guard let value = memory[number] else {
            throw .damaged(at: offset, "expected a value in memory under \(number), which is empty")
        }
        stack.append(value)
    }

    private mutating func append(_ values: [PickleValue]) throws(ModelError) {
        guard case .list(let list) = try top() else {
            throw .damaged(at: offset, "expected a list to append to, not \(try top().kind)")
        }
        arena.append(values, to: list)
    }

    private mutating func pushDictionary() throws(ModelError) {
        let values = try popToMark()
        stack.append(.dictionary(arena.make()))
        try setItems(values)
    }

    private mutating func setItems(_ values: [PickleValue]) throws(ModelError) {
        guard case .dictionary(let dictionary) = try top() else {
            throw .damaged(at: offset, "expected a dictionary to fill, not \(try top().kind)")
        }
        guard values.count.isMultiple(of: 2) else {
            throw .damaged(at: offset, "expected keys and values in pairs, not \(values.count) values")
        }
        arena.append(values, to: dictionary)
    }

    private mutating func checkProtocol() throws(ModelError) {
        let version = try cursor.number(UInt8.self, "the protocol's number")
        guard (2...5).contains(version) else {
            throw .damaged(at: offset, "expected pickle protocol 2 to 5, not \(version)")
        }
    }
}

// MARK: - Classes

extension PickleMachine {
    private mutating func pushGlobal(module: String, name: String) throws(ModelError) {
        guard let global = PickleGlobal(module: module, name: name) else {
            throw .forbidden(at: offset, "'\(module.prefix(100)).\(name.prefix(100))'")
        }
        stack.append(.global(global))
    }

    private mutating func pushStackGlobal() throws(ModelError) {
        guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
            throw .damaged(at: offset, "expected the names of a module and a class on the stack")
        }
        try pushGlobal(module: module, name: name)
    }

    /// State on an ordered dictionary is PyTorch's `_metadata`, which says nothing about the tensors: it is dropped.
    private mutating func build() throws(ModelError) {
        _ = try pop()
        guard case .dictionary = try top() else {
            throw .forbidden(at: offset, "a state to be set on \(try top().kind)")
        }
    }
}
