/// Which methods each path answers: to tell 405 from 404.
struct RoutePaths: Sendable {
    private let templates: [(segments: [Substring], method: String)]

    init(_ endpoints: [Endpoint]) {
        templates = endpoints.map { ($0.path.split(separator: "/"), $0.method.rawValue) }
    }

    /// Methods in alphabetical order; empty if there is nothing at the path.
    func methods(at path: String) -> [String] {
        let segments = path.split(separator: "/")
        let matching = templates.filter { Self.matches($0.segments, segments) }
        // As in the router, a path that is spelt out hides one with a parameter in its place.
        guard let fewest = matching.map({ Self.parameterCount($0.segments) }).min() else { return [] }
        var methods = Set(matching.filter { Self.parameterCount($0.segments) == fewest }.map(\.method))
        if methods.contains("GET") { methods.insert("HEAD") }
        methods.insert("OPTIONS")
        return methods.sorted()
    }

    private static func parameterCount(_ template: [Substring]) -> Int {
        template.count { $0.hasPrefix("{") }
    }

    private static func matches(_ template: [Substring], _ segments: [Substring]) -> Bool {
        guard template.count == segments.count else { return false }
        return zip(template, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
