import Foundation

/// Reads a text file line by line: UTF-8, ended by LF or CR LF, with or without a byte order mark. Calls block.
///
/// Memory: one line and one block, however long the file is.
struct LineReader: ~Copyable {
    struct Line {
        /// From 1.
        let number: Int
        let text: String
    }

    /// A longer line is no line of a list, but a file of another kind.
    static let maximumByteCount = 1 << 20
    private static let blockByteCount = 1 << 16

    /// As the user gave it, for messages.
    let path: String
    private let descriptor: Int32
    private var block: [UInt8] = []
    private var position = 0
    private var number = 0
    private var isAtEnd = false

    /// - Throws: `set-unreadable`.
    init(path: String) throws(LabError) {
        descriptor = try Self.open(path)
        self.path = path
    }

    deinit { close(descriptor) }

    /// The next line without its end; `nil` after the last.
    /// - Throws: `set-unreadable`; `set-malformed` for a line that is too long or not UTF-8.
    mutating func next() throws(LabError) -> Line? {
        var bytes: [UInt8] = []
        while true {
            if position == block.count, try !refill() {
                return bytes.isEmpty ? nil : try line(bytes)
            }
            let rest = block[position...]
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            bytes += rest[..<(end ?? rest.endIndex)]
            position = end.map { $0 + 1 } ?? block.count
            guard bytes.count <= Self.maximumByteCount else {
                throw LabError(
                    .malformedSet,
                    "Line \(number + 1) of '\(path)' is longer than \(Self.maximumByteCount) bytes. Is it a text file?")
            }
            if end != nil { return try line(bytes) }
        }
    }

    private mutating func line(_ bytes: [UInt8]) throws(LabError) -> Line {
        number += 1
        var bytes = bytes[...]
        if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw LabError(.malformedSet, "Line \(number) of '\(path)' is not UTF-8 text. Save the file as UTF-8.")
        }
        return Line(number: number, text: text)
    }

    private mutating func refill() throws(LabError) -> Bool {
        if isAtEnd { return false }
        var fresh = [UInt8](repeating: 0, count: Self.blockByteCount)
        var count: Int
        repeat { count = read(descriptor, &fresh, fresh.count) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw Self.unreadable(path, String(cString: strerror(errno))) }
        isAtEnd = count == 0
        fresh.removeLast(fresh.count - count)
        (block, position) = (fresh, 0)
        return !isAtEnd
    }

    private static func open(_ path: String) throws(LabError) -> Int32 {
        // A FIFO without O_NONBLOCK would wait for a writer for ever.
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path, String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw unreadable(path, "it is not a regular file")
        }
        return descriptor
    }

    private static func unreadable(_ path: String, _ reason: String) -> LabError {
        LabError(.unreadableSet, "'\(path)' could not be read: \(reason).")
    }
}
