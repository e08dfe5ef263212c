#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds a boundary's delimiter in bytes that arrive in chunks of any size.
///
/// The delimiter has a carriage return at its start and nowhere else, so a match that fails after n bytes can never
/// have begun within them: no byte is looked at more than twice, whatever the input, and what has to be held back
/// between chunks is always a prefix of the delimiter, so nothing but its length is kept.
struct DelimiterSearch {
    let delimiter: [UInt8]
    /// Bytes of the delimiter that have been seen.
    private var matched: Int
    /// How many of these were not part of the input: at the start of the body, and right after a part's headers, a
    /// line break that a delimiter needs has been read already.
    private var imaginary: Int

    /// Expects the delimiter, its line break left out, or anything else.
    init(atLineStart delimiter: [UInt8]) {
        self.delimiter = delimiter
        self.matched = 2
        self.imaginary = 2
    }

    /// What stands before the delimiter or the chunk's end.
    struct Result {
        /// Bytes of earlier chunks that turned out not to belong to a delimiter.
        var heldBack: ArraySlice<UInt8> = []
        /// Where in the chunk the bytes before the delimiter end; what follows, up to `next`, may belong to one.
        var end: Int
        /// Where the chunk goes on.
        var next: Int
        var isFound = false
    }

    /// Searches from `start`. Once the delimiter is found, the search is over.
    mutating func search(_ chunk: ArraySlice<UInt8>, from start: Int) -> Result {
        var result = Result(end: start, next: start)
        // A match that began in an earlier chunk.
        if matched > 0 {
            advance(chunk, &result.next)
            if matched == delimiter.count {
                result.isFound = true
                return result
            }
            if result.next == chunk.endIndex { return result }
            result.heldBack = delimiter[imaginary..<max(imaginary, matched - (result.next - start))]
            matched = 0
            imaginary = 0
        }
        while let begin = Self.firstReturn(in: chunk, from: result.next) {
            result.end = begin
            result.next = begin
            advance(chunk, &result.next)
            if matched == delimiter.count || result.next == chunk.endIndex {
                result.isFound = matched == delimiter.count
                return result
            }
            matched = 0
        }
        result.end = chunk.endIndex
        result.next = chunk.endIndex
        return result
    }

    /// Matches on until the delimiter is complete, the chunk ends or a byte differs.
    private mutating func advance(_ chunk: ArraySlice<UInt8>, _ position: inout Int) {
        while matched < delimiter.count, position < chunk.endIndex, chunk[position] == delimiter[matched] {
            matched += 1
            position += 1
        }
    }

    private static func firstReturn(in chunk: ArraySlice<UInt8>, from start: Int) -> Int? {
        chunk[start...].withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base, 0x0D, bytes.count) else { return nil }
            return start + (UnsafeRawPointer(found) - base)
        }
    }
}
