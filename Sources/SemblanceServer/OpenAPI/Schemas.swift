import SemblanceCore
import SemblanceEngine

/// The named schemas of the OpenAPI document: one for each document that responses and bodies are made of.
enum Schemas {
    static var all: [String: JSONValue] {
        [
            "Problem": problem, "Catalogue": catalogue, "CatalogueDetail": catalogueDetail, "Image": image,
            "ImagePage": imagePage, "Match": match, "SearchResult": searchResult, "SearchBody": searchBody,
            "SearchTerm": searchTerm, "DuplicateGroup": duplicateGroup, "Job": job, "FileFailure": failure,
            "Model": model, "Task": task, "TaskStatus": taskStatus, "ModelEntry": modelEntry, "Stats": stats,
            "Labels": labels, "Label": label,
        ]
    }

    private static let problem = Schema.object(
        [
            "type": Schema.string("Stable; '/problems/' and the code.", format: "uri-reference"),
            "title": Schema.string(), "status": Schema.integer(100...599),
            "detail": Schema.string("What is wrong and what to do."),
            "code": Schema.string("Stable, for programs."),
        ], "An error, as RFC 9457 describes it.")

    // MARK: Catalogues and images

    private static let catalogueMembers: [String: JSONValue] = [
        "name": Schema.string(), "model": Schema.string("The model that searches use when none is named."),
        "created_at": Schema.date, "image_count": Schema.integer(0...Int.max), "filterable_keys": filterableKeys,
    ]

    static let filterableKeys = Schema.list(
        Schema.string(lengths: 1...Catalogue.maximumFilterableKeyLength), atMost: Catalogue.maximumFilterableKeyCount,
        "Metadata keys that searches filter by, such as `price` or `maker.country`.")

    private static let catalogue = Schema.object(catalogueMembers)

    private static let catalogueDetail = Schema.object(
        catalogueMembers.merging(
            [
                "byte_count": Schema.integer(0...Int.max, "Bytes of all originals."),
                "embedding_counts": Schema.map(to: Schema.integer(0...Int.max)),
                "embedding_versions": Schema.list(
                    Schema.object([
                        "model": Schema.string(), "dimension": Schema.integer(1...Int.max),
                        "version": Schema.string("A digest of the model's weights and preprocessing."),
                        "count": Schema.integer(0...Int.max),
                    ]), "Embeddings of each model version; those of two versions are never compared."),
            ], uniquingKeysWith: { first, _ in first }))

    private static let links: [String: JSONValue] = [
        "original_url": Schema.string(format: "uri-reference"), "thumbnail_url": Schema.string(format: "uri-reference"),
    ]

    private static let picture: [String: JSONValue] = [
        "id": Schema.string("SHA-256 of the image's bytes.", pattern: PathParameters.imagePattern),
        "name": Schema.string(),
        "width": Schema.integer(1...Int.max), "height": Schema.integer(1...Int.max), "metadata": Schema.object,
    ]

    private static let image = Schema.object(
        picture.merging(links) { first, _ in first }.merging(
            [
                "format": Schema.choice(ImageFormat.allCases.map(\.rawValue)), "bytes": Schema.integer(0...Int.max),
                "created_at": Schema.date,
            ], uniquingKeysWith: { first, _ in first }))

    private static let imagePage = Schema.object([
        "images": Schema.list(Schema.reference("Image")), "total": Schema.integer(0...Int.max),
        "next_cursor": Schema.nullable(Schema.string()),
    ])

    // MARK: Search

    private static let match = Schema.object(
        picture.merging(links) { first, _ in first }.merging(
            [
                "score": Schema.number(-1.001...1.001, "Cosine similarity."),
                "distance": Schema.number(0...2.001, "Cosine distance: 1 minus the score."),
            ], uniquingKeysWith: { first, _ in first }))

    private static let searchResult = Schema.object([
        "model": Schema.string(), "catalogue": Schema.string(),
        "took_ms": Schema.number(0...Double(Int32.max), "Milliseconds from request to response."),
        "warnings": Schema.list(Schema.string(), "What to know about the query, such as a text that was cut."),
        "results": Schema.list(Schema.reference("Match"), "Nearest first."),
    ])

    private static let searchTerm = Schema.exactlyOne(
        of: SearchBody.sourceNames,
        in: Schema.object(
            [
                "text": SearchLimits.text,
                "image_id": Schema.string("An image of the catalogue.", pattern: PathParameters.imagePattern),
                "url": Schema.string("An image on the web."),
                "vector": Schema.list(Schema.number(), atLeast: 1, "An embedding of the model."),
                "image_base64": Schema.string("An image file's bytes, in Base64."),
                "weight": Schema.number(default: 1, "Negative steers away from the image or text."),
                "region": Schema.list(
                    Schema.number(0...1), atLeast: 4, atMost: 4, "x, y, width, height in fractions of the image."),
            ], required: [], "Exactly one of \(SearchBody.sourceNames.joined(separator: ", "))."))

    private static let searchBody = Schema.object(
        [
            "query": Schema.list(Schema.reference("SearchTerm"), atLeast: 1), "k": SearchLimits.k,
            "offset": SearchLimits.offset, "filter": Schema.object, "min_score": Schema.number(-1...1),
            "model": Schema.string(),
        ], required: ["query"])

    private static let duplicateGroup = Schema.object([
        "score": Schema.number(-1.001...1.001, "The lowest similarity to the group's first image."),
        "images": Schema.list(Schema.reference("Image"), atLeast: 2),
    ])

    // MARK: Jobs and models

    private static let job = Schema.object([
        "id": Schema.string(pattern: "^[0-9a-f]{32}$"), "kind": Schema.choice(Job.Lane.allCases.map(\.rawValue)),
        "catalogue": Schema.string(), "model": Schema.string(),
        "state": Schema.choice(Job.State.allCases.map(\.rawValue)),
        "total": Schema.integer(0...Int.max), "done": Schema.integer(0...Int.max),
        "failed": Schema.integer(0...Int.max), "skipped": Schema.integer(0...Int.max),
        "reason": Schema.nullable(Schema.string()), "code": Schema.nullable(Schema.string()),
        "result": .object(["description": "Null for searches in lists; the job itself has it."]),
        "created_at": Schema.date,
        "started_at": Schema.nullable(Schema.date),
        "ended_at": Schema.nullable(Schema.date),
    ])

    private static let failure = Schema.object([
        "path": Schema.string("The file's name or URL."), "code": Schema.string(), "message": Schema.string(),
    ])

    private static let model = Schema.object([
        "id": Schema.string(), "family": Schema.string(), "dimension": Schema.integer(1...Int.max),
        "text": Schema.boolean,
        "licence": Schema.string(), "bytes": Schema.nullable(Schema.integer(0...Int.max)), "summary": Schema.string(),
        "state": Schema.choice(["missing", "available", "loaded"]), "default": Schema.boolean,
    ])

    private static let labels = Schema.object([
        "model": Schema.string(), "labels": Schema.list(Schema.reference("Label"), "Likeliest first."),
        "warnings": Schema.list(Schema.string(), "What to know about the classes, such as one that was cut."),
    ])

    private static let label = Schema.object([
        "label": Schema.string("The class."), "score": Schema.number(-1.001...1.001, "Cosine similarity."),
        "probability": Schema.number(0...1, "Among all classes of the request."),
    ])

    private static let stats = Schema.object([
        "version": Schema.string(), "uptime_seconds": Schema.integer(0...Int.max),
        "catalogues": Schema.list(Schema.reference("CatalogueDetail")),
        "jobs": Schema.object(["queued": Schema.integer(0...Int.max), "running": Schema.integer(0...Int.max)]),
        "models": Schema.list(Schema.reference("Model")),
    ])

    // MARK: The prototype's

    private static let task = Schema.object(["task_id": Schema.string()])

    private static let taskStatus = Schema.object([
        "status": Schema.choice(TaskStatus.allCases.map(\.rawValue)),
        "result": .object(["description": "A list on SUCCESS, a sentence on FAILURE, else null."]),
    ])

    private static let modelEntry = Schema.object([
        "model_id": Schema.string(), "model_type": Schema.string(), "model_dim": Schema.integer(1...Int.max),
    ])
}

/// Ranges that schemas and parsing share.
enum SearchLimits {
    static let k = Schema.integer(1...1_000_000, default: 10, "Results to return.")
    static let text = Schema.string("What the images show, in words.", lengths: 1...TextEmbedding.maximumByteCount)
    static let offset = Schema.integer(0...1_000_000, default: 0, "Results to leave out before the first.")
}
