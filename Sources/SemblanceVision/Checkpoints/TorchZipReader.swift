import SemblanceCore

/// Reads what `torch.save` has written since PyTorch 1.6: a zip archive with the state dict as a pickle,
/// `<name>/data.pkl`, and each storage as an entry of its own, `<name>/data/<key>`.
///
/// The pickle goes through the same machine as that of the legacy format: nothing in it is executed.
package enum TorchZipReader: CheckpointReader {
    package static let formatName = "PyTorch's zip format (.pth, .pt, .bin)"

    package static func recognises(_ file: CheckpointFile) -> Bool {
        file.bytes.count >= 4
            && UInt32(littleEndian: file.bytes.loadUnaligned(as: UInt32.self)) == ZipDirectory.localSignature
    }

    package static func read(_ file: CheckpointFile) throws(ModelError) -> Checkpoint {
        let directory = try ZipDirectory(file.bytes)
        let pickle = try pickle(in: directory)
        let folder = String(pickle.name.dropLast(pickleName.count))
        try checkContents(of: folder, directory, in: file.bytes)
        var machine = PickleMachine(file.bytes, in: pickle.bytes)
        let root = try machine.run()
        guard machine.offset == pickle.bytes.upperBound else {
            throw .damaged(at: machine.offset, "expected the end of the state dict's pickle")
        }
        var tensors: [String: CheckpointTensor] = [:]
        for (name, description) in try StateDictionary(root: root, arena: machine.arena).tensors {
            let storage = machine.arena.storages[description.storage]
            tensors[name] = try CheckpointTensor(
                name: name, shape: description.shape, strides: description.strides, elementType: storage.elementType,
                storage: place(of: storage, forTensor: name, in: directory, folder: folder),
                offset: description.offset, file: file)
        }
        return Checkpoint(fileName: file.name, tensors: tensors)
    }

    private static let pickleName = "data.pkl"

    /// The one pickle in a folder; PyTorch names the folder after the file that it wrote.
    private static func pickle(in directory: ZipDirectory) throws(ModelError) -> ZipDirectory.Entry {
        let found = directory.names.filter { $0.hasSuffix("/" + pickleName) }
        guard let name = found.first, found.count == 1, let entry = directory[name] else {
            throw ModelError(
                .damagedCheckpoint,
                "Expected one '\(pickleName)' in a folder of the archive, as torch.save writes it, not \(found.count).")
        }
        return entry
    }

    /// PyTorch before 2.1 left no note of its byte order; almost every machine was little-endian.
    private static func checkContents(
        of folder: String, _ directory: ZipDirectory, in bytes: UnsafeRawBufferPointer
    ) throws(ModelError) {
        guard directory[folder + "constants.pkl"] == nil else {
            throw ModelError(
                .forbiddenPickle,
                "It is a TorchScript program, not weights; nothing in it was executed. "
                    + "Save its state_dict() with torch.save, or get the weights themselves from their publisher.")
        }
        guard let order = directory[folder + "byteorder"], !bytes[order.bytes].elementsEqual("little".utf8) else {
            return
        }
        throw .damaged(at: order.bytes.lowerBound, "expected little-endian numbers")
    }

    private static func place(
        of storage: StorageDescription, forTensor name: String, in directory: ZipDirectory, folder: String
    ) throws(ModelError) -> Range<Int> {
        func damaged(_ reason: String) -> ModelError {
            ModelError(.damagedCheckpoint, "The tensor '\(name.prefix(200))' is damaged: \(reason).")
        }
        guard let entry = directory[folder + "data/" + storage.key] else {
            throw damaged("its storage '\(storage.key.prefix(40))' is not in the archive")
        }
        let (byteCount, overflows) = storage.count.multipliedReportingOverflow(by: storage.elementType.byteCount)
        guard !overflows, byteCount == entry.bytes.count else {
            throw damaged(
                "expected \(storage.count) elements of \(storage.elementType) in its storage "
                    + "'\(storage.key.prefix(40))', not \(entry.bytes.count) bytes")
        }
        return entry.bytes
    }
}
