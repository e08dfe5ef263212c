import Foundation
import SemblanceCore

/// Where a job's items come from, a chunk at a time. Confined to ingestion's threads by `IngestLister`.
protocol IngestSource {
    /// At most `count` items; empty at the end. Blocks.
    func next(_ count: Int) throws -> [IngestItem]
    /// Files that were passed over up to now, since their names do not end as an image's.
    var leftOutCount: Int { get }
}

extension IngestSource {
    var leftOutCount: Int { 0 }
}

/// Files and folders of the user.
final class FolderSource: IngestSource {
    private let walker: FolderWalker
    private let metadata: MetadataList
    private let common: JSONValue

    init(paths: [String], metadata: MetadataList, common: JSONValue) {
        walker = FolderWalker(paths: paths)
        self.metadata = metadata
        self.common = common
    }

    var leftOutCount: Int { walker.leftOutCount }

    func next(_ count: Int) throws -> [IngestItem] {
        var items: [IngestItem] = []
        while items.count < count, let entry = walker.next() {
            switch entry {
            case .file(let found):
                let name = String(found.file.path.split(separator: "/").last ?? "")
                var item = IngestItem(
                    shownPath: found.shownPath, name: name, origin: .file(found.file),
                    metadata: common.followed(by: metadata.metadata(forPath: found.file.path)))
                item.byteCount = Int(found.file.byteCount)
                items.append(item)
            case .failure(let failure):
                // No fault of the folder's.
                if failure.code == RequestError.Code.overloaded.rawValue {
                    throw RequestError(.overloaded, failure.message)
                }
                items.append(
                    IngestItem(
                        shownPath: failure.path, name: failure.path, origin: .url(""), metadata: common,
                        outcome: .failed(failure)))
            }
        }
        return items
    }
}

/// Uploads that wait in the spool.
final class SpoolSource: IngestSource {
    private var uploads: AnyIterator<SpooledUpload>
    private let common: JSONValue

    init(listPath: String, common: JSONValue) throws {
        uploads = AnyIterator(try SpoolList(path: listPath).uploads().makeIterator())
        self.common = common
    }

    func next(_ count: Int) throws -> [IngestItem] {
        var items: [IngestItem] = []
        while items.count < count, let upload = uploads.next() {
            var item = IngestItem(
                shownPath: upload.shownPath, name: upload.name, origin: .spooled(path: upload.path),
                metadata: common.followed(by: upload.metadata ?? .object([:])))
            item.byteCount = FileBytes.byteCount(upload.path)
            items.append(item)
        }
        return items
    }
}

/// Images to fetch.
final class URLSource: IngestSource {
    private var urls: ArraySlice<String>
    private let common: JSONValue

    init(urls: [String], common: JSONValue) {
        self.urls = urls[...]
        self.common = common
    }

    func next(_ count: Int) throws -> [IngestItem] {
        defer { urls = urls.dropFirst(count) }
        return urls.prefix(count).map { IngestItem(shownPath: $0, name: $0, origin: .url($0), metadata: common) }
    }
}
