import ArgumentParser
import Foundation
import SemblanceCore

/// What commands print: text for people, or one JSON object.
struct Console: Sendable {
    let printsJSON: Bool

    init(_ options: CommonOptions) {
        printsJSON = options.printsJSON
    }

    /// Whether progress and colours make sense: standard error is a terminal and nobody asked for plain text.
    static let isInteractive = isatty(STDERR_FILENO) == 1 && Environment.value("NO_COLOR") == nil

    /// The command's answer.
    func print(_ json: some JSONWritable, text: @autoclosure () -> String) { answer(json, text) }

    /// The same with the answer as a literal.
    func print(_ json: JSONValue, text: @autoclosure () -> String) { answer(json, text) }

    private func answer(_ json: some JSONWritable, _ text: () -> String) {
        guard printsJSON else {
            let text = text()
            return Self.write(text.isEmpty ? "" : text + "\n", to: STDOUT_FILENO)
        }
        var writer = JSONWriter()
        json.write(to: &writer)
        writer.raw("\n")
        writer.flush { Self.write($0, to: STDOUT_FILENO) }
    }

    /// The command's answer, which is a list: `{"name": […]}`, or a table with a row for each element.
    /// - Parameter emptyText: printed in place of a table without rows.
    func printList<Element>(
        _ elements: [Element], named name: String, header: [String], row: (Element) -> [String],
        json: (Element) -> JSONValue, emptyText: String
    ) {
        var table = Table(header)
        for element in elements { table.append(row(element)) }
        print([name: .array(elements.map(json))], text: elements.isEmpty ? emptyText : table.text)
    }

    /// Something worth knowing that is not the answer.
    static func note(_ text: String) {
        write(text + "\n", to: STDERR_FILENO)
    }

    /// Writes all of it; a reader that went away ends the command quietly, as `head` expects.
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let rest = UnsafeRawBufferPointer(rebasing: bytes)
            let written = Foundation.write(descriptor, rest.baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            if written < 0, errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
                continue
            }
            if written < 0, errno != EPIPE { _exit(ExitCode.failure.rawValue) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}

/// The exit codes of every command.
extension ExitCode {
    static let someFilesFailed = ExitCode(2)
    static let interrupted = ExitCode(130)
}

/// Text in columns, padded to the widest cell; the last column is left as it is.
struct Table {
    private var rows: [[String]] = []

    init(_ header: [String]) { rows = [header] }

    mutating func append(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension Int64 {
    /// A number of bytes for people, in powers of ten.
    var bytesText: String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(self)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(self) B" : "\(value.text(decimals: 1)) \(units[unit])"
    }
}

extension Double {
    func text(decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
