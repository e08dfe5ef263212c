import Foundation
import SemblanceCore
import SemblanceEngine

/// Small pictures inside a page.
public struct Thumbnails: Sendable {
    /// Shown at up to 86 pixels; a little more for fine screens.
    private static let longestSide = 104

    private var pictures: [Int: HTML] = [:]
    /// Whether names alone are shown.
    let isEmpty: Bool

    /// Names in place of pictures.
    public static let none = Thumbnails()

    private init() { isEmpty = true }

    /// Makes thumbnails of some of a set's images; one that cannot be made is left out. Calls block.
    /// - Throws: `CancellationError`.
    init(of positions: Set<Int>, in set: LabelledSet, reader: any ImageReader, limits: DecodingLimits) throws {
        isEmpty = false
        for position in positions {
            try Task.checkCancellation()
            guard
                let bytes = try? FileBytes(
                    reading: set.images[position].path, maximumByteCount: limits.maximumByteCount),
                let thumbnail = try? bytes.withUnsafeBytes({
                    try reader.thumbnail(of: $0, longestSide: Self.longestSide)
                })
            else { continue }
            let data = Data(thumbnail).base64EncodedString()
            pictures[position] = HTML(raw: "data:image/webp;base64,\(data)")
        }
    }

    /// A picture, or what stands for it.
    func image(_ position: Int, named name: String) -> HTML {
        guard let picture = pictures[position] else { return "<span>\(isEmpty ? "" : "no picture")</span>" }
        return "<img src=\"\(picture)\" alt=\"\(name)\">"
    }
}
