import Foundation

/// Finds the web page's files where a build or an installation puts them.
///
/// SwiftPM's own accessor ends the program when they are missing, and looks where the program was built; this looks
/// beside the program, wherever it was moved to, and finding nothing is no reason not to serve the API.
enum WebFolder {
    static func find() -> String? {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let folder = program.deletingLastPathComponent()
        let installed = folder.deletingLastPathComponent().appendingPathComponent("share/semblance/Web").path
        return (bundles(in: folder) + [installed]).first { FileManager.default.fileExists(atPath: $0 + "/index.html") }
    }

    /// SwiftPM's resource folders are named by package and target.
    private static func bundles(in folder: URL) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix("_SemblanceServer.resources") }.sorted()
            .map { folder.appendingPathComponent($0).appendingPathComponent("Web").path }
    }
}
