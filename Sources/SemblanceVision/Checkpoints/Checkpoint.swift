import SemblanceCore

/// A publisher's weights: named tensors that stay in the mapped file until they are read.
package struct Checkpoint: Sendable {
    /// The last component of the file's path, for messages.
    package let fileName: String
    /// Tensors by name; names are unique.
    package let tensors: [String: CheckpointTensor]

    package init(fileName: String, tensors: [String: CheckpointTensor]) {
        self.fileName = fileName
        self.tensors = tensors
    }

    package subscript(name: String) -> CheckpointTensor? { tensors[name] }

    /// The same tensors without the prefix that training on several devices (`DataParallel`) leaves on every name.
    private var withoutParallelPrefix: Checkpoint {
        let prefix = "module."
        guard !tensors.isEmpty, tensors.keys.allSatisfy({ $0.hasPrefix(prefix) }) else { return self }
        let pairs = tensors.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
        // Names were unique with the prefix, so they are without it.
        return Checkpoint(fileName: fileName, tensors: Dictionary(uniqueKeysWithValues: pairs))
    }
}

/// Reads one file format. A new format is one more file, and one more entry in `Checkpoint.readers`.
package protocol CheckpointReader: Sendable {
    /// What the format is called in messages.
    static var formatName: String { get }
    /// Whether the first bytes are this format's. Must not throw, whatever they are.
    static func recognises(_ file: CheckpointFile) -> Bool
    /// Reads the names, shapes and places of all tensors, and checks that each lies within the file.
    ///
    /// Nothing that the file holds is ever executed.
    /// - Throws: `model-checkpoint-damaged` or `model-checkpoint-forbidden`, naming the tensor or the byte offset.
    static func read(_ file: CheckpointFile) throws(ModelError) -> Checkpoint
}

extension Checkpoint {
    static let readers: [any CheckpointReader.Type] = [
        SafetensorsReader.self, TorchZipReader.self, LegacyTorchReader.self,
    ]

    /// Opens a weights file of any known format.
    /// - Throws: `ModelError`; the message names the file.
    package static func open(_ path: String) throws(ModelError) -> Checkpoint {
        try read(CheckpointFile(path: path))
    }

    /// Reads a file of any known format.
    /// - Throws: `ModelError`; the message names the file.
    package static func read(_ file: CheckpointFile) throws(ModelError) -> Checkpoint {
        defer { withExtendedLifetime(file) {} }
        for reader in readers where reader.recognises(file) {
            do {
                return try reader.read(file).withoutParallelPrefix
            } catch {
                throw ModelError(
                    error.code, "The weights file '\(file.name)' was refused: \(error.message)",
                    underlying: error.underlying)
            }
        }
        let known = readers.map { $0.formatName }.joined(separator: ", ")
        throw ModelError(
            .damagedCheckpoint,
            "The weights file '\(file.name)' is in no format that can be read. Expected: \(known).")
    }
}
