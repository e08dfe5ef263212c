import Foundation
import SemblanceCore
import SemblanceEngine

/// A search that came as JSON.
enum SearchBody {
    /// What a term may be, by the names of its members.
    static let sourceNames = ["text", "image_id", "url", "vector", "image_base64"]

    /// - Throws: `RequestError` naming the member at fault.
    static func request(_ body: JSONMembers, catalogue: String) throws -> SearchRequest {
        try body.checkNames(["query", "k", "offset", "filter", "min_score", "model"])
        guard let query = try body.list("query"), !query.isEmpty else { throw body.missing("query") }
        return SearchRequest(
            catalogue: catalogue, modelID: try body.string("model"),
            terms: try query.enumerated().map { try term($1, named: "query[\($0)]") },
            limit: try body.integer("k") ?? 10, offset: try body.integer("offset") ?? 0,
            filter: try body.object("filter").map { try MetadataFilter(json: $0) },
            minimumScore: try Parsing.score(try body.number("min_score")))
    }

    private static func term(_ value: JSONValue, named name: String) throws -> SearchTerm {
        let members = try JSONMembers(value, context: "'\(name)'")
        try members.checkNames(Set(sourceNames + ["weight", "region"]))
        let sources = [
            try members.string("text").map { SearchTerm.Source.text($0) },
            try members.string("image_id").map { .stored(id: $0) },
            try members.string("url").map { .url($0) },
            try members.numbers("vector").map { .vector($0.map { Float($0) }) },
            try members.string("image_base64").map { .bytes(try decode($0, named: name)) },
        ].compactMap(\.self)
        guard sources.count == 1 else {
            throw RequestError(
                .missingField,
                "'\(name)' has exactly one of \(sourceNames.joined(separator: ", ")).")
        }
        return SearchTerm(
            sources[0], weight: Float(try members.number("weight") ?? 1), region: try region(members, named: name),
            name: name)
    }

    private static func decode(_ text: String, named name: String) throws -> [UInt8] {
        guard let data = Data(base64Encoded: text), !data.isEmpty else {
            throw RequestError(.invalidJSON, "'\(name).image_base64' is an image file's bytes in Base64.")
        }
        return Array(data)
    }

    private static func region(_ members: JSONMembers, named name: String) throws -> Region? {
        guard let box = try members.numbers("region") else { return nil }
        guard box.count == 4 else {
            throw RequestError(
                .invalidRegion, "'\(name).region' is four numbers: x, y, width and height in fractions.")
        }
        return try Region(x: box[0], y: box[1], width: box[2], height: box[3])
    }
}
