import SemblanceCore

/// Reads what `torch.save` wrote before PyTorch 1.6, and writes still with `_use_new_zipfile_serialization=False`.
///
/// The file is five pickle streams one after another — a magic number, a version, the writer's byte order, the state
/// dict, and the keys of its storages in the order in which they follow — and then each storage: a 64-bit count of
/// elements and the elements themselves.
package enum LegacyTorchReader: CheckpointReader {
    package static let formatName = "PyTorch's legacy format (.pth)"

    /// Protocol 2, the 10-byte number 0x1950A86A20F9469CFC6C, and the end of the stream.
    private static let magic: [UInt8] = [
        0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    private static let version: Int64 = 1001

    package static func recognises(_ file: CheckpointFile) -> Bool {
        file.bytes.starts(with: magic)
    }

    package static func read(_ file: CheckpointFile) throws(ModelError) -> Checkpoint {
        let bodyOffset = try checkPreamble(of: file.bytes)
        var machine = PickleMachine(file.bytes, at: bodyOffset)
        let root = try machine.run()
        let descriptions = try StateDictionary(root: root, arena: machine.arena).tensors
        let places = try storagePlaces(in: file.bytes, after: machine.offset, storages: machine.arena.storages)
        var tensors: [String: CheckpointTensor] = [:]
        for (name, description) in descriptions {
            tensors[name] = try CheckpointTensor(
                name: name, shape: description.shape, strides: description.strides,
                elementType: machine.arena.storages[description.storage].elementType,
                storage: places[description.storage], offset: description.offset, file: file)
        }
        return Checkpoint(fileName: file.name, tensors: tensors)
    }

    /// - Returns: where the state dict's stream begins.
    private static func checkPreamble(of bytes: UnsafeRawBufferPointer) throws(ModelError) -> Int {
        var versionMachine = PickleMachine(bytes, at: magic.count)
        let found = try versionMachine.run()
        guard found == .integer(version) else {
            throw .damaged(at: magic.count, "expected version \(version) of the legacy format")
        }
        var systemMachine = PickleMachine(bytes, at: versionMachine.offset)
        guard case .dictionary(let system) = try systemMachine.run() else {
            throw .damaged(at: versionMachine.offset, "expected a dictionary about the writer's system")
        }
        for (key, value) in systemMachine.arena.entries(of: system) where key == "little_endian" {
            guard value == .bool(true) else {
                throw .damaged(at: versionMachine.offset, "expected little-endian numbers, not big-endian ones")
            }
        }
        return systemMachine.offset
    }

    /// The bytes of each storage, in the order of `storages`.
    private static func storagePlaces(
        in bytes: UnsafeRawBufferPointer, after offset: Int, storages: [StorageDescription]
    ) throws(ModelError) -> [Range<Int>] {
        var machine = PickleMachine(bytes, at: offset)
        let keys = try storageKeys(machine.run(), in: machine.arena, at: offset)
        var cursor = ByteCursor(bytes, at: machine.offset)
        var places: [String: Range<Int>] = [:]
        var types: [String: StorageDescription] = [:]
        for storage in storages { types[storage.key] = storage }
        for key in keys {
            guard let storage = types[key], places[key] == nil else {
                throw .damaged(
                    at: cursor.offset, "the storage '\(key.prefix(40))' is listed twice, or belongs to no tensor")
            }
            places[key] = try place(of: storage, at: &cursor)
        }
        guard cursor.remainingCount == 0 else {
            throw .damaged(at: cursor.offset, "expected the end of the file, not \(cursor.remainingCount) more bytes")
        }
        var ordered: [Range<Int>] = []
        for storage in storages {
            guard let place = places[storage.key] else {
                throw .damaged(at: cursor.offset, "the storage '\(storage.key.prefix(40))' is missing")
            }
            ordered.append(place)
        }
        return ordered
    }

    private static func storageKeys(
        _ value: PickleValue, in arena: PickleArena, at offset: Int
    ) throws(ModelError) -> [String] {
        guard case .list(let list) = value else {
            throw .damaged(at: offset, "expected a list of storage keys, not \(value.kind)")
        }
        var keys: [String] = []
        for element in arena[list] {
            guard case .string(let key) = element else {
                throw .damaged(at: offset, "expected a storage's key, not \(element.kind)")
            }
            keys.append(key)
        }
        return keys
    }

    private static func place(
        of storage: StorageDescription, at cursor: inout ByteCursor
    ) throws(ModelError) -> Range<Int> {
        let start = cursor.offset
        let count = try cursor.number(Int64.self, "a storage's size")
        guard count == storage.count else {
            throw .damaged(
                at: start, "expected \(storage.count) elements in the storage '\(storage.key.prefix(40))', not \(count)"
            )
        }
        let (byteCount, overflows) = storage.count.multipliedReportingOverflow(by: storage.elementType.byteCount)
        guard !overflows else { throw .damaged(at: start, "a storage of \(count) elements is larger than any file") }
        return try cursor.take(byteCount, "the storage '\(storage.key.prefix(40))'")
    }
}
