import Foundation
import Hummingbird
import SemblanceCore

extension ServerContext {
    /// A parameter of the path, percent-decoded.
    /// - Throws: `RequestError` with `invalid-query` if it is not UTF-8.
    func pathParameter(_ name: String) throws -> String {
        guard let encoded = parameters.get(name), let text = encoded.removingPercentEncoding else {
            throw RequestError(.invalidQuery, "The path's '\(name)' is not percent-encoded UTF-8.")
        }
        return text
    }
}

/// The parameters after a URL's question mark.
struct Query {
    private var values: [String: String] = [:]

    /// - Throws: `RequestError` with `invalid-query` for bad escapes or a parameter that occurs twice.
    init(_ request: Request) throws {
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(halves[0]), let value = Self.decode(halves.count > 1 ? halves[1] : "") else {
                throw RequestError(.invalidQuery, "The query '\(pair.prefix(60))' is not percent-encoded UTF-8.")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw RequestError(.invalidQuery, "The query names '\(name.prefix(40))' twice.")
            }
        }
    }

    /// A parameter's text; one that is empty counts as absent.
    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    func integer(_ name: String) throws -> Int? {
        try values[name].map { try Parsing.integer($0, named: name) }
    }

    func number(_ name: String) throws -> Double? {
        try values[name].map { try Parsing.number($0, named: name) }
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, of type: Choice.Type) throws -> Choice?
    {
        guard let text = values[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw RequestError(.invalidQuery, "'\(name)' is one of \(known), not '\(text.prefix(40))'.")
        }
        return choice
    }

    /// Forms write a space as `+`.
    private static func decode(_ text: Substring) -> String? {
        text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }
}

/// Reads numbers that came as text.
enum Parsing {
    static func integer(_ text: String, named name: String) throws -> Int {
        guard let value = Int(text) else {
            throw RequestError(.invalidQuery, "'\(name)' is a whole number, not '\(text.prefix(40))'.")
        }
        return value
    }

    static func number(_ text: String, named name: String) throws -> Double {
        guard let value = Double(text), value.isFinite else {
            throw RequestError(.invalidQuery, "'\(name)' is a number, not '\(text.prefix(40))'.")
        }
        return value
    }

    static func score(_ value: Double?, in range: ClosedRange<Double> = -1...1) throws -> Float? {
        guard let value else { return nil }
        guard range.contains(value) else {
            throw RequestError(
                .invalidScore, "The score is a number from \(range.lowerBound) to \(range.upperBound), not \(value).")
        }
        return Float(value)
    }

    static func filter(_ text: String?) throws -> MetadataFilter? {
        guard let text, !text.isEmpty else { return nil }
        return try MetadataFilter(text: text)
    }
}

extension Request {
    /// Reads the whole body, which must be JSON.
    func jsonBody(upTo maximumByteCount: Int) async throws -> JSONMembers {
        let type = headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
        guard type == nil || type == "application/json" || type?.hasSuffix("+json") == true else {
            throw ServerError(
                .unsupportedMediaType, "Expected Content-Type application/json, not '\(type!.prefix(60))'.")
        }
        let buffer = try await body.collectPaced(upTo: maximumByteCount)
        guard buffer.readableBytes > 0 else {
            throw RequestError(.invalidJSON, "The body is empty; expected a JSON object.")
        }
        return try JSONMembers(try JSONValue(parsing: Array(buffer.readableBytesView)))
    }

    /// The type of the body, without parameters, in lower case.
    var mediaType: String? {
        headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
    }
}
