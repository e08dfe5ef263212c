import SemblanceCore
import SemblanceEngine

/// A search that came as a form.
enum SearchForm {
    static let fileFields: Set<String> = ["image", "minus"]
    private static let fields: Set<String> = ["k", "offset", "region", "filter", "min_score", "model"]

    static let schema = Schema.object(
        [
            "image": Schema.list(Schema.file, atLeast: 1, "What to look for; several count alike."),
            "minus": Schema.list(Schema.file, "What to steer away from."), "k": SearchLimits.k,
            "offset": SearchLimits.offset,
            "region": Schema.string("The part of each `image` to look at: x,y,w,h in fractions of it."),
            "filter": Schema.string(), "min_score": Schema.number(-1...1), "model": Schema.string(),
        ], required: ["image"])

    /// - Throws: `RequestError`.
    static func request(_ form: ReceivedForm, catalogue: String) throws -> SearchRequest {
        try form.checkNames(fields)
        guard case .few(let files) = form.files, files.contains(where: { $0.field == "image" }) else {
            throw RequestError(.missingField, "The form needs an image file in the field 'image'.")
        }
        let region = try form["region"].map { try Region(text: $0) }
        let terms = files.map { file in
            file.field == "image"
                ? SearchTerm(.file(path: file.upload.path), region: region)
                : SearchTerm(.file(path: file.upload.path), weight: -1)
        }
        return SearchRequest(
            catalogue: catalogue, modelID: form["model"], terms: terms, limit: try form.integer("k") ?? 10,
            offset: try form.integer("offset") ?? 0, filter: try Parsing.filter(form["filter"]),
            minimumScore: try Parsing.score(try form.number("min_score")))
    }
}
