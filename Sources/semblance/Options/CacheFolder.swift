import Foundation

/// Where weights and compiled models live, shared by all data folders: `SEMBLANCE_CACHE`, else `semblance` in the XDG
/// cache folder (freedesktop.org, "XDG Base Directory Specification").
enum CacheFolder {
    static var path: String {
        if let folder = Environment.value("SEMBLANCE_CACHE") { return absolute(folder) }
        if let folder = Environment.value("XDG_CACHE_HOME"), folder.hasPrefix("/") { return folder + "/semblance" }
        return NSHomeDirectory() + "/.cache/semblance"
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
