import SemblanceCore
import SemblanceEngine

/// Where a catalogue's images are served.
struct ImageLinks: Sendable {
    private let base: String

    init(catalogue: String) {
        base = "/v1/catalogues/\(PercentEncoding.encode(catalogue))/images/"
    }

    /// The last component is the file's name, for people and for programs that save the file.
    func original(_ id: String, name: String) -> String {
        base + id + "/original/" + PercentEncoding.encode(name)
    }

    func thumbnail(_ id: String) -> String { base + id + "/thumbnail" }
}

/// An image as the API shows it. Where its file lies is nobody's business.
struct ImageDocument: JSONWritable {
    let image: CatalogueImage
    let links: ImageLinks

    func write(to writer: inout JSONWriter) {
        let id = image.hash.hexadecimal
        writer.object {
            $0.member("id", id)
            $0.member("name", image.name)
            $0.member("format", image.header.format.rawValue)
            $0.member("width", image.header.width)
            $0.member("height", image.header.height)
            $0.member("bytes", image.byteCount)
            $0.member("metadata", image.metadata)
            $0.member("created_at", image.createdAt)
            $0.member("original_url", links.original(id, name: image.name))
            $0.member("thumbnail_url", links.thumbnail(id))
        }
    }
}

/// A search's result as the API shows it.
struct MatchDocument: JSONWritable {
    let match: Match
    let links: ImageLinks

    func write(to writer: inout JSONWriter) {
        let id = match.image.hash.hexadecimal
        writer.object {
            $0.member("id", id)
            $0.member("name", match.image.name)
            $0.member("score", match.score)
            $0.member("distance", match.distance)
            $0.member("metadata", match.image.metadata)
            $0.member("width", match.image.header.width)
            $0.member("height", match.image.header.height)
            $0.member("original_url", links.original(id, name: match.image.name))
            $0.member("thumbnail_url", links.thumbnail(id))
        }
    }
}

struct DuplicateGroupDocument: JSONWritable {
    let group: DuplicateGroup
    let links: ImageLinks

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("score", group.score)
            $0.member("images", group.images.map { ImageDocument(image: $0, links: links) })
        }
    }
}
