import Hummingbird
import SemblanceCore

/// The web page. Its files need no key: they hold no data, and a visitor enters the key there.
struct PageRoutes: EndpointGroup {
    let services: Services

    var endpoints: [Endpoint] {
        let page = Operation("page", .service, "The web page.", answer: .other(["text/html"], "HTML."))
        return [
            Endpoint(.get, "/", scope: nil, page) { request, _ in
                try services.web.response(to: request, path: "index.html")
            }
        ] + folders
    }

    /// One route for each folder of the page, so that every path is documented and none reaches further.
    private var folders: [Endpoint] {
        let depths = services.web.paths.map { $0.split(separator: "/").count }.max() ?? 1
        return (1...max(1, depths)).map { depth in
            let names = (1...depth).map { "part\($0)" }
            let operation = Operation(
                depth == 1 ? "pageFile" : "pageFile\(depth)", .service, "A file of the web page.",
                answer: .other(["*/*"], "The file."))
            return Endpoint(.get, "/web/" + names.map { "{\($0)}" }.joined(separator: "/"), scope: nil, operation) {
                request, context in
                let path = try names.map { try context.pathParameter($0) }.joined(separator: "/")
                return try services.web.response(to: request, path: path)
            }
        }
    }
}
