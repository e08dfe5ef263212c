import Hummingbird
import NIOCore
import SemblanceCore

extension Response {
    static func json(_ value: some JSONWritable, status: HTTPResponse.Status = .ok) -> Response {
        var writer = JSONWriter()
        value.write(to: &writer)
        return Response(
            status: status, headers: [.contentType: "application/json"], body: writer.responseBody)
    }

    /// An object whose members `members` writes.
    static func json(status: HTTPResponse.Status = .ok, members: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        writer.object(members)
        return Response(
            status: status, headers: [.contentType: "application/json"], body: writer.responseBody)
    }

    /// The same members with a long list as the last one, written piece by piece so that no more than a piece of the
    /// text is in memory.
    static func json<Element: JSONWritable>(
        members: @escaping @Sendable (inout JSONWriter) -> Void, list name: String, of elements: [Element]
    ) -> Response {
        guard elements.count > pieceCount else {
            return .json {
                members(&$0)
                $0.member(name, elements)
            }
        }
        let body = ResponseBody { output in
            var writer = JSONWriter(capacity: 1 << 18)
            writer.open("{")
            members(&writer)
            writer.key(name)
            writer.open("[")
            for (index, element) in elements.enumerated() {
                writer.element { element.write(to: &$0) }
                if index % pieceCount == pieceCount - 1 { try await output.write(writer.takeBuffer()) }
            }
            writer.close("]")
            writer.close("}")
            try await output.write(writer.takeBuffer())
            try await output.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/json"], body: body)
    }

    /// Elements of a list that are written at once.
    private static let pieceCount = 1_000
}

extension JSONWriter {
    /// Hands over what was written so far and goes on.
    fileprivate mutating func takeBuffer() -> ByteBuffer { flush { ByteBuffer(bytes: $0) } }

    /// What was written, as a response's body.
    var responseBody: ResponseBody { ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)) }
}
