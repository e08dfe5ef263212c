import Foundation

/// `[NAME=]PATH[#PREFIX]`; what is a path as it stands is meant as one.
struct SetName {
    private(set) var title: String?
    private(set) var path: String
    private(set) var prefix: String?

    init(_ text: String) {
        path = text
        if !Self.exists(path), let equals = path.firstIndex(of: "=") {
            title = String(path[..<equals])
            path = String(path[path.index(after: equals)...])
        }
        if !Self.exists(path), let hash = path.lastIndex(of: "#") {
            prefix = String(path[path.index(after: hash)...])
            path = String(path[..<hash])
        }
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
