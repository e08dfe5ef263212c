import Foundation
import SemblanceCore
import Synchronization

/// Embeddings of one model version on disk, by the hash of the image's bytes: what was embedded once need not be again,
/// in another run, in another set, or after an interruption.
///
/// One file a version and kind of arithmetic. It is only ever appended to, a whole record in one write under a lock, so
/// that several processes may use it; a record ends in a checksum, and what a crash left of the last one is cut off
/// before the next is written. Whoever deletes the file loses time and nothing else. Calls block.
public final class EmbeddingCache: Sendable {
    private static let magic = Array("SMBLEMB1".utf8)
    private static let hashByteCount = 32
    private static let checksumByteCount = 8

    private let descriptor: Int32
    private let dimension: Int
    /// Where each image's record is, in records.
    private let places: Mutex<[ContentHash: Int]>

    private var recordByteCount: Int { Self.hashByteCount + dimension * 4 + Self.checksumByteCount }

    /// Opens the file of a model version, or makes it.
    /// - Parameters:
    ///   - folder: is made if it is missing.
    ///   - variant: what the same version may compute differently with: the precision, the processor's instructions.
    /// - Returns: `nil` if it cannot be had, for instance on a disk that cannot be written: it is a cache.
    public init?(folder: String, model: ModelVersion, variant: String) {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let name = ContentHash(hashing: "\(model.modelID)\n\(model.digest)\n\(model.dimension)\n\(variant)".utf8)
        let path = "\(folder)/\(name.hexadecimal.prefix(32)).embeddings"
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        dimension = model.dimension
        places = Mutex([:])
        guard read() else { return nil }
    }

    deinit { close(descriptor) }

    /// Images whose embedding is here.
    public var count: Int { places.withLock { $0.count } }

    /// The embedding of an image; `nil` if it is not here or its record is damaged.
    public func embedding(of hash: ContentHash) -> Embedding? {
        guard let place = places.withLock({ $0[hash] }) else { return nil }
        var record = [UInt8](repeating: 0, count: recordByteCount)
        let offset = off_t(Self.magic.count + place * recordByteCount)
        let count = record.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, offset) }
        guard count == record.count, record.starts(with: hash.bytes), Self.isWhole(record) else { return nil }
        return record.withUnsafeBytes { bytes in
            Embedding(
                unit: (0..<dimension).map {
                    Float(
                        bitPattern: UInt32(
                            littleEndian: bytes.loadUnaligned(
                                fromByteOffset: Self.hashByteCount + $0 * 4, as: UInt32.self)))
                })
        }
    }

    /// Keeps embeddings. A full disk is no error: they are not kept.
    public func add(_ embeddings: [(hash: ContentHash, embedding: Embedding)]) {
        guard !embeddings.isEmpty else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(embeddings.count * recordByteCount)
        for (hash, embedding) in embeddings { bytes += record(hash, embedding) }
        // The lock on the file is this process's as a whole; this one is each thread's.
        places.withLock { places in
            guard flock(descriptor, LOCK_EX) == 0 else { return }
            defer { flock(descriptor, LOCK_UN) }
            let first = cutTail()
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            for (index, entry) in embeddings.prefix(max(0, written) / recordByteCount).enumerated() {
                places[entry.hash] = first + index
            }
        }
    }

    private func record(_ hash: ContentHash, _ embedding: Embedding) -> [UInt8] {
        precondition(embedding.dimension == dimension, "expected \(dimension) dimensions, not \(embedding.dimension)")
        var record = hash.bytes
        for value in embedding.values { withUnsafeBytes(of: value.bitPattern.littleEndian) { record += $0 } }
        return record + Self.checksum(of: record[...])
    }

    /// Cuts off what a crash left of a record. Returns the number of whole ones.
    private func cutTail() -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return 0 }
        let count = max(0, Int(status.st_size) - Self.magic.count) / recordByteCount
        let whole = Self.magic.count + count * recordByteCount
        if Int(status.st_size) > whole { _ = ftruncate(descriptor, off_t(whole)) }
        return count
    }

    /// Reads the hashes of all records; vectors stay on disk until they are asked for. A file of another form is begun
    /// anew.
    private func read() -> Bool {
        guard flock(descriptor, LOCK_EX) == 0 else { return false }
        defer { flock(descriptor, LOCK_UN) }
        var start = [UInt8](repeating: 0, count: Self.magic.count)
        let count = start.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        if count != start.count || start != Self.magic {
            guard ftruncate(descriptor, 0) == 0 else { return false }
            return Self.magic.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == Self.magic.count
        }
        for place in 0..<cutTail() {
            var hash = [UInt8](repeating: 0, count: Self.hashByteCount)
            let offset = off_t(Self.magic.count + place * recordByteCount)
            let count = hash.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, offset) }
            guard count == hash.count else { break }
            places.withLock { $0[ContentHash(bytes: hash)] = place }
        }
        return true
    }

    private static func isWhole(_ record: [UInt8]) -> Bool {
        record.suffix(checksumByteCount).elementsEqual(checksum(of: record.dropLast(checksumByteCount)))
    }

    private static func checksum(of record: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        ContentHash(hashing: record).bytes.prefix(checksumByteCount)
    }
}
