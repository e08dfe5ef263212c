import Foundation

/// A file mapped for reading, with address space reserved beyond its end.
///
/// As the file grows, rows appear in the part that was reserved, so a mapping serves for as long as the file fits it.
/// Only bytes that lie within the file may be touched: beyond its end a read raises SIGBUS. The index therefore reads
/// only rows that it knows to be written, and files never shrink below those. If somebody else cuts a file, the size
/// check before each search notices; a cut in the middle of a search ends the process, and the next start rebuilds.
final class MappedRegion: @unchecked Sendable {
    // Never written through; set once.
    let base: UnsafeRawPointer
    let byteCount: Int

    /// - Parameter byteCount: more than the file holds reserves room to grow.
    init(_ file: OpenFile, byteCount: Int) throws {
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let rounded = (max(byteCount, 1) + pageSize - 1) / pageSize * pageSize
        let address = mmap(nil, rounded, PROT_READ, MAP_SHARED, file.descriptor, 0)
        guard let address, address != MAP_FAILED else { throw FileFailure.error(errno, "map") }
        base = UnsafeRawPointer(address)
        self.byteCount = rounded
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
}
