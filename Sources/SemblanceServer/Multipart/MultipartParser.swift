import SemblanceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a `multipart/form-data` body (RFC 7578, RFC 2046) as it arrives: a pure value without input or output.
///
/// Give it the chunks in order, then call `finish()`:
///
///     var parser = try MultipartParser(contentType: request.headers[.contentType])
///     for try await chunk in body {
///         for event in try parser.receive(chunk) { … }
///     }
///     try parser.finish()
///
/// Time is linear in the input whatever it holds, and memory is that of one part's headers (8 KB): bodies come out as
/// slices of the chunks that came in. The number of parts and the size of a part are the caller's to limit.
/// After an error the parser is of no further use.
///
/// A preamble and an epilogue are ignored, up to 64 KB of each. Where a delimiter is followed by anything but a line
/// break or `--`, the body is refused: RFC 2046 forbids a boundary that occurs in the data.
package struct MultipartParser: Sendable {
    private enum State {
        /// Before the first delimiter.
        case preamble(DelimiterSearch)
        /// Right after a delimiter: `--` ends the body, space is skipped, CRLF begins a part.
        case afterDelimiter
        case expectingSecondHyphen
        case skippingSpace
        case expectingLineFeed
        case headers(PartHeaders)
        case body(DelimiterSearch)
        case epilogue
        case failed
    }

    /// Bytes outside parts, in one go.
    static let maximumIgnoredByteCount = 65_536

    private let boundary: MultipartBoundary
    private var state: State
    private var ignoredByteCount = 0
    /// For error messages.
    private var partName: String?

    package init(boundary: MultipartBoundary) {
        self.boundary = boundary
        self.state = .preamble(DelimiterSearch(atLineStart: boundary.delimiter))
    }

    /// - Parameter contentType: the request's header.
    /// - Throws: `invalid-multipart` unless it is `multipart/form-data` with a valid boundary.
    package init(contentType: String?) throws(RequestError) {
        self.init(boundary: try MultipartBoundary(contentType: contentType))
    }

    /// Takes the next bytes of the body and returns what they complete.
    /// - Throws: `invalid-multipart` saying what is wrong.
    package mutating func receive(_ chunk: ArraySlice<UInt8>) throws(RequestError) -> [MultipartEvent] {
        var events: [MultipartEvent] = []
        var position = chunk.startIndex
        while position < chunk.endIndex {
            switch state {
            case .preamble(let search): try skipPreamble(search, chunk, &position)
            case .headers(let headers): try readHeaders(headers, chunk, &position, &events)
            case .body(let search): readBody(search, chunk, &position, &events)
            case .epilogue:
                try ignore(chunk.endIndex - position)
                position = chunk.endIndex
            case .failed: throw Self.error("it was refused already")
            case .afterDelimiter, .expectingSecondHyphen, .skippingSpace, .expectingLineFeed:
                try endDelimiterLine(chunk[position], &events)
                position += 1
            }
        }
        return events
    }

    /// To be called when the input has ended.
    /// - Throws: `invalid-multipart` if the closing boundary has not come.
    package func finish() throws(RequestError) {
        switch state {
        case .epilogue: return
        case .failed: throw Self.error("it was refused already")
        case .preamble:
            throw Self.error("the boundary '--\(boundary.text)' of the Content-Type header does not occur in it")
        case .body:
            throw Self.error("it ended within the part '\((partName ?? "").clipped(to: 60))'; send it again whole")
        case .headers: throw Self.error("it ended within a part's headers; send it again whole")
        case .afterDelimiter, .expectingSecondHyphen, .skippingSpace, .expectingLineFeed:
            throw Self.error("it ended without the closing boundary '--\(boundary.text)--'; send it again whole")
        }
    }

    private static func error(_ fault: String) -> RequestError {
        RequestError(.invalidMultipart, "The multipart body is not well formed: \(fault).")
    }
}

extension MultipartParser {
    /// Counts bytes that nobody is told of: without a bound they could go on for ever.
    private mutating func ignore(_ count: Int) throws(RequestError) {
        ignoredByteCount += count
        guard ignoredByteCount <= Self.maximumIgnoredByteCount else {
            state = .failed
            throw Self.error("more than \(Self.maximumIgnoredByteCount) bytes stand outside its parts")
        }
    }

    private mutating func skipPreamble(
        _ search: DelimiterSearch, _ chunk: ArraySlice<UInt8>, _ position: inout Int
    ) throws(RequestError) {
        var search = search
        let result = search.search(chunk, from: position)
        let count = result.heldBack.count + result.end - position
        position = result.next
        state = result.isFound ? .afterDelimiter : .preamble(search)
        try ignore(count)
    }

    private mutating func readBody(
        _ search: DelimiterSearch, _ chunk: ArraySlice<UInt8>, _ position: inout Int, _ events: inout [MultipartEvent]
    ) {
        var search = search
        let result = search.search(chunk, from: position)
        if !result.heldBack.isEmpty { events.append(.body(result.heldBack)) }
        if result.end > position { events.append(.body(chunk[position..<result.end])) }
        position = result.next
        if result.isFound { events.append(.partEnded) }
        state = result.isFound ? .afterDelimiter : .body(search)
    }

    private mutating func readHeaders(
        _ headers: PartHeaders, _ chunk: ArraySlice<UInt8>, _ position: inout Int, _ events: inout [MultipartEvent]
    ) throws(RequestError) {
        var headers = headers
        // Set first, so that `headers` is the only owner of its bytes and appending does not copy them.
        state = .failed
        let lineFeed = Self.firstLineFeed(in: chunk, from: position)
        let end = lineFeed.map { $0 + 1 } ?? chunk.endIndex
        let isComplete = try headers.append(chunk[position..<end], endsLine: lineFeed != nil)
        position = end
        guard isComplete else {
            state = .headers(headers)
            return
        }
        let part = try headers.part()
        partName = part.name
        ignoredByteCount = 0
        events.append(.partBegan(part))
        state = .body(DelimiterSearch(atLineStart: boundary.delimiter))
    }

    private mutating func endDelimiterLine(_ byte: UInt8, _ events: inout [MultipartEvent]) throws(RequestError) {
        switch (state, byte) {
        case (.afterDelimiter, UInt8(ascii: "-")): state = .expectingSecondHyphen
        case (.expectingSecondHyphen, UInt8(ascii: "-")):
            state = .epilogue
            events.append(.ended)
        case (.afterDelimiter, 0x20), (.afterDelimiter, 0x09), (.skippingSpace, 0x20), (.skippingSpace, 0x09):
            state = .skippingSpace
            try ignore(1)
        case (.afterDelimiter, 0x0D), (.skippingSpace, 0x0D): state = .expectingLineFeed
        case (.expectingLineFeed, 0x0A): state = .headers(PartHeaders())
        default:
            state = .failed
            throw Self.error("expected a line break or '--' after the boundary '--\(boundary.text)'")
        }
    }

    private static func firstLineFeed(in chunk: ArraySlice<UInt8>, from start: Int) -> Int? {
        chunk[start...].withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else { return nil }
            return start + (UnsafeRawPointer(found) - base)
        }
    }
}
