import SemblanceCore
import SemblanceEngine

/// A search that came as a form.
enum SearchForm {
    private static let fileFields: Set<String> = ["image", "minus"]
    private static let textFields: Set<String> = ["text", "minus_text"]
    private static let fields: Set<String> = ["k", "offset", "region", "filter", "min_score", "model"]

    static let schema = Schema.atLeastOne(
        of: ["image", "text"],
        in: Schema.object(
            [
                "image": Schema.list(Schema.file, atLeast: 1, "What to look for; several count alike."),
                "text": Schema.list(SearchLimits.text, atLeast: 1, "What to look for, in words; several count alike."),
                "minus": Schema.list(Schema.file, "What to steer away from."),
                "minus_text": Schema.list(SearchLimits.text, "What to steer away from, in words."),
                "k": SearchLimits.k, "offset": SearchLimits.offset,
                "region": Schema.string("The part of each `image` to look at: x,y,w,h in fractions of it."),
                "filter": Schema.string(), "min_score": Schema.number(-1...1), "model": Schema.string(),
            ], required: []))

    static func rules(_ configuration: EngineConfiguration) -> FormRules {
        .search(
            configuration.limits, fields: fileFields, count: configuration.maximumTermCount, texts: textFields)
    }

    /// - Throws: `RequestError`.
    static func request(_ form: ReceivedForm, catalogue: String) throws -> SearchRequest {
        try form.checkNames(fields)
        let terms = try terms(of: form)
        guard terms.contains(where: { $0.weight > 0 }) else {
            throw RequestError(
                .missingField, "The form needs an image file in the field 'image', or words in the field 'text'.")
        }
        return SearchRequest(
            catalogue: catalogue, modelID: form["model"], terms: terms, limit: try form.integer("k") ?? 10,
            offset: try form.integer("offset") ?? 0, filter: try Parsing.filter(form["filter"]),
            minimumScore: try Parsing.score(try form.number("min_score")))
    }

    private static func terms(of form: ReceivedForm) throws -> [SearchTerm] {
        guard case .few(let files) = form.files else { return [] }
        let region = try form["region"].map { try Region(text: $0) }
        let images = files.map { file in
            file.field == "image"
                ? SearchTerm(.file(path: file.upload.path), region: region, name: file.upload.shownPath)
                : SearchTerm(.file(path: file.upload.path), weight: -1, name: file.upload.shownPath)
        }
        let texts = (form.lists["text"] ?? []).map { SearchTerm(.text($0)) }
        let minusTexts = (form.lists["minus_text"] ?? []).map { SearchTerm(.text($0), weight: -1) }
        return images + texts + minusTexts
    }
}
