/// Reads records of a CSV file (RFC 4180): fields between commas, in double quotes where they hold commas, quotes
/// (doubled) or line ends. Calls block. Memory: one record.
struct CSVReader: ~Copyable {
    struct Record {
        /// The line on which it begins, from 1.
        let line: Int
        let fields: [String]
    }

    private var lines: LineReader

    /// - Throws: `set-unreadable`.
    init(path: String) throws(LabError) {
        lines = try LineReader(path: path)
    }

    /// The next record; `nil` after the last. Empty lines are passed over.
    /// - Throws: `set-unreadable`; `set-malformed`, naming the line.
    mutating func next() throws(LabError) -> Record? {
        while let line = try lines.next() {
            if line.text.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) { continue }
            return try record(from: line)
        }
        return nil
    }

    private mutating func record(from line: LineReader.Line) throws(LabError) -> Record {
        var parser = RecordParser()
        var isComplete = parser.consume(line.text)
        var byteCount = line.text.utf8.count
        while !isComplete {
            guard let more = try lines.next(), byteCount <= LineReader.maximumByteCount else {
                throw failure(line.number, "opens a double quote that is never closed")
            }
            byteCount += more.text.utf8.count
            isComplete = parser.consume("\n" + more.text)
        }
        if parser.hasStrayQuote {
            throw failure(line.number, "has a double quote inside a field; put the field in quotes and double it")
        }
        return Record(line: line.number, fields: parser.fields.map { String(decoding: $0, as: UTF8.self) })
    }

    private func failure(_ line: Int, _ fault: String) -> LabError {
        LabError(.malformedSet, "Line \(line) of '\(lines.path)' \(fault).")
    }
}

/// Takes one record's text apart, byte by byte.
private struct RecordParser {
    private enum State {
        case start, plain, quoted
        /// After a quote in a quoted field: its end, or the first of two.
        case quote
    }

    private(set) var fields: [[UInt8]] = [[]]
    private(set) var hasStrayQuote = false
    private var state = State.start

    /// Returns whether the record ends here.
    mutating func consume(_ text: String) -> Bool {
        for byte in text.utf8 { consume(byte) }
        return state != .quoted
    }

    private mutating func consume(_ byte: UInt8) {
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")): state = .quote
        case (.quoted, _): append(byte)
        case (.start, UInt8(ascii: "\"")): state = .quoted
        case (.quote, UInt8(ascii: "\"")):
            append(byte)
            state = .quoted
        case (_, UInt8(ascii: ",")):
            fields.append([])
            state = .start
        case (.plain, UInt8(ascii: "\"")), (.quote, _): hasStrayQuote = true
        default:
            append(byte)
            state = .plain
        }
    }

    private mutating func append(_ byte: UInt8) { fields[fields.count - 1].append(byte) }
}
