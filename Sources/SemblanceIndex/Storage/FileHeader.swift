import CVectorKernels
import Foundation

/// The first 64 bytes of each file of a generation.
struct FileHeader: Hashable {
    static let magic: [UInt8] = Array("SEMBLIDX".utf8)
    static let version: UInt32 = 2

    let kind: FileKind
    let layout: RowLayout
    /// The same in all files of a generation and in no others.
    let stamp: UInt64
    /// Checksum of the model version's digest.
    let model: UInt32

    var bytes: [UInt8] {
        var bytes = Self.magic
        append(Self.version, to: &bytes)
        append(kind.rawValue, to: &bytes)
        append(UInt32(layout.dimension), to: &bytes)
        append(UInt32(layout.stride(of: kind)), to: &bytes)
        append(stamp, to: &bytes)
        append(model, to: &bytes)
        bytes += [UInt8](repeating: 0, count: RowLayout.headerByteCount - 4 - bytes.count)
        append(cvk_crc32c(0, bytes, bytes.count), to: &bytes)
        return bytes
    }

    /// Whether a file starts with exactly this header, whatever its stamp. Returns the stamp.
    func matches(_ found: [UInt8]) -> UInt64? {
        guard found.count == RowLayout.headerByteCount else { return nil }
        let stamp = found.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 24, as: UInt64.self) }
        let expected = FileHeader(kind: kind, layout: layout, stamp: stamp, model: model)
        return expected.bytes == found ? stamp : nil
    }

    private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }
}
