import SemblanceCore

/// What the OpenAPI document says about an endpoint.
struct Operation: Sendable {
    enum Tag: String, CaseIterable, Sendable {
        case catalogues, images, search, jobs, models, service, prototype

        var summary: String {
            switch self {
            case .catalogues: "Named sets of images."
            case .images: "The pictures of a catalogue."
            case .search: "Images that look like an image."
            case .jobs: "Durable work, such as taking in an upload."
            case .models: "Ways to turn an image into a vector."
            case .service: "Health, numbers and the web page."
            case .prototype: "The endpoints of the first version, kept as they were."
            }
        }
    }

    /// Unique; the name of the call in generated clients.
    let id: String
    let tag: Tag
    let summary: String
    var detail: String?
    /// Parameters of the query. Those of the path are found from it.
    var query: [Parameter] = []
    var body: Body?
    let answer: Answer
    /// Statuses of the errors that are this operation's own; those that any request can meet are added.
    var errors: [Int] = []

    init(
        _ id: String, _ tag: Tag, _ summary: String, detail: String? = nil, query: [Parameter] = [], body: Body? = nil,
        answer: Answer, errors: [Int] = []
    ) {
        self.id = id
        self.tag = tag
        self.summary = summary
        self.detail = detail
        self.query = query
        self.body = body
        self.answer = answer
        self.errors = errors
    }
}

/// A parameter of a query.
struct Parameter: Sendable {
    let name: String
    let summary: String
    let schema: JSONValue

    init(_ name: String, _ schema: JSONValue, _ summary: String) {
        self.name = name
        self.summary = summary
        self.schema = schema
    }
}

/// What an operation takes.
struct Body: Sendable {
    /// Schemas by media type.
    let content: [String: JSONValue]

    static func json(_ schema: JSONValue) -> Body { Body(content: ["application/json": schema]) }
    static func form(_ schema: JSONValue) -> Body { Body(content: ["multipart/form-data": schema]) }
    static func either(json: JSONValue, form: JSONValue) -> Body {
        Body(content: ["application/json": json, "multipart/form-data": form])
    }
}

/// What an operation returns when all goes well.
struct Answer: Sendable {
    let status: Int
    let summary: String
    /// Schemas by media type; none for no body.
    let content: [String: JSONValue]
    /// Headers by name, with a sentence each.
    var headers: [String: String] = [:]

    static func json(_ schema: JSONValue, _ summary: String, status: Int = 200, headers: [String: String] = [:])
        -> Answer
    {
        Answer(status: status, summary: summary, content: ["application/json": schema], headers: headers)
    }

    static func other(_ mediaTypes: [String], _ summary: String) -> Answer {
        let pairs = mediaTypes.map {
            ($0, ["text/html", "text/plain"].contains($0) ? Schema.string() : JSONValue.object([:]))
        }
        return Answer(status: 200, summary: summary, content: Dictionary(uniqueKeysWithValues: pairs))
    }

    static let nothing = Answer(status: 204, summary: "Done.", content: [:])
}
