import CVectorKernels
import Foundation

/// Rows in memory: mapped from the files of a generation, or allocated.
///
/// How many of the rows may be read is not kept here but in the `Segment` of a snapshot. Rows below that number never
/// change, so readers need no lock; the writer fills rows above it and then publishes a new snapshot.
final class RowStorage: @unchecked Sendable {
    let layout: RowLayout
    /// Rows that there is room for.
    let capacity: Int
    // Pointers to row 0 of each file, valid as long as `owner` lives. Set once.
    private let records: UnsafeRawPointer
    private let quantisations: UnsafePointer<cvk_quantisation>
    private let codes: UnsafePointer<Int8>
    private let vectors: UnsafePointer<Float>
    private let owner: Owner
    /// A byte a row, set once the row's vector has met its checksum. Read and set atomically.
    private let verified: UnsafeMutablePointer<UInt8>

    enum Owner {
        case mapped([FileKind: (OpenFile, MappedRegion)])
        case allocated([FileKind: UnsafeMutableRawPointer])
    }

    private init(layout: RowLayout, capacity: Int, owner: Owner, base: (FileKind) -> UnsafeRawPointer) {
        self.layout = layout
        self.capacity = capacity
        self.owner = owner
        records = base(.rows) + RowLayout.headerByteCount
        quantisations = (base(.quantisations) + RowLayout.headerByteCount)
            .assumingMemoryBound(to: cvk_quantisation.self)
        codes = (base(.codes) + RowLayout.headerByteCount).assumingMemoryBound(to: Int8.self)
        vectors = (base(.vectors) + RowLayout.headerByteCount).assumingMemoryBound(to: Float.self)
        verified = .allocate(capacity: max(1, capacity))
        verified.initialize(repeating: 0, count: max(1, capacity))
    }

    /// Maps files with room for `capacity` rows.
    convenience init(mapping files: [FileKind: OpenFile], layout: RowLayout, capacity: Int) throws {
        let regions = try files.reduce(into: [FileKind: (OpenFile, MappedRegion)]()) { regions, file in
            let region = try MappedRegion(
                file.value, byteCount: layout.byteCount(of: file.key, count: capacity))
            regions[file.key] = (file.value, region)
        }
        self.init(layout: layout, capacity: capacity, owner: .mapped(regions)) { regions[$0]!.1.base }
    }

    /// Allocates room for `capacity` rows.
    convenience init(allocating capacity: Int, layout: RowLayout) {
        let parts = FileKind.allCases.map { kind in
            let byteCount = layout.byteCount(of: kind, count: capacity)
            return (kind, UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64))
        }
        let owned = Dictionary(uniqueKeysWithValues: parts)
        self.init(layout: layout, capacity: capacity, owner: .allocated(owned)) { UnsafeRawPointer(owned[$0]!) }
    }

    deinit {
        verified.deallocate()
        if case .allocated(let parts) = owner {
            for part in parts.values { part.deallocate() }
        }
    }

    /// Whether mapped files are still long enough for `count` rows.
    func holds(_ count: Int) -> Bool {
        guard case .mapped(let regions) = owner else { return true }
        return regions.allSatisfy { kind, region in
            (try? region.0.byteCount()) ?? 0 >= layout.byteCount(of: kind, count: count)
        }
    }

    func record(_ row: Int) -> RowRecord? { RowRecord(at: records + row * RowRecord.byteCount, row: row) }

    /// The number that stands in a row's record; meaningless if the record is damaged.
    func id(_ row: Int) -> Int64 { (records + row * RowRecord.byteCount).loadUnaligned(as: Int64.self) }

    func vector(_ row: Int) -> UnsafePointer<Float> { vectors + row * layout.dimension }

    func quantisation(_ row: Int) -> cvk_quantisation { quantisations[row] }

    func codes(_ row: Int) -> UnsafePointer<Int8> { codes + row * layout.stride(of: .codes) }

    /// For the kernels; valid as long as the storage lives.
    var quantisedRows: cvk_rows {
        cvk_rows(
            dimension: layout.dimension, codes: codes, stride: layout.stride(of: .codes), quantisations: quantisations)
    }
}

extension RowStorage {
    /// Whether a row's record is whole and its codes and what they are worth meet their checksum.
    func hasSoundCodes(_ row: Int) -> Bool {
        guard let record = record(row) else { return false }
        return RowRecord.checksum(codes(row), layout.stride(of: .codes), quantisation(row)) == record.codesChecksum
    }

    /// Whether a row's vector meets its checksum; looked at once a row.
    func hasSoundVector(_ row: Int) -> Bool {
        cvk_load_flag(verified + row) || verifyVector(row)
    }

    /// Reads a row's vector again, whether it was sound before or not.
    func verifyVector(_ row: Int) -> Bool {
        guard let record = record(row),
            cvk_crc32c(0, vector(row), layout.stride(of: .vectors)) == record.vectorChecksum
        else { return false }
        cvk_set_flag(verified + row)
        return true
    }

    /// Takes over what another storage of the same rows knows.
    func copyVerified(from other: RowStorage, count: Int) {
        for row in 0..<count where cvk_load_flag(other.verified + row) { cvk_set_flag(verified + row) }
    }

    /// Fills rows from `row` on in allocated storage.
    func fill(from row: Int, _ encoded: EncodedRows) {
        guard case .allocated(let parts) = owner else { return }
        for (kind, base) in parts {
            encoded.withBytes(of: kind) { bytes in
                guard let source = bytes.baseAddress else { return }
                (base + layout.byteCount(of: kind, count: row)).copyMemory(from: source, byteCount: bytes.count)
            }
        }
    }

    /// Copies the first `count` rows of other allocated storage.
    func fill(from other: RowStorage, count: Int) {
        guard case .allocated(let parts) = owner, case .allocated(let others) = other.owner else { return }
        for (kind, base) in parts {
            base.copyMemory(from: others[kind]!, byteCount: layout.byteCount(of: kind, count: count))
        }
    }
}
