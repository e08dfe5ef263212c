import Foundation
import SemblanceLab
import SemblanceTesting

/// A folder for sets, with files that need not be images: reading a set opens none.
struct SetFixture {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func add(_ names: String...) throws {
        for name in names { try folder.write(Array(name.utf8), to: name) }
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try folder.write(text.utf8, to: name) }

    /// Reads what is at a path below the folder.
    func read(_ name: String = "", _ options: SetOptions = SetOptions()) throws -> LabelledSet {
        try LabelledSet(at: name.isEmpty ? folder.path : folder.path(name), options: options)
    }

    /// The error of reading; `nil` if there is none.
    func failure(_ name: String = "", _ options: SetOptions = SetOptions()) -> LabError? {
        do throws(LabError) {
            _ = try LabelledSet(at: name.isEmpty ? folder.path : folder.path(name), options: options)
            return nil
        } catch {
            return error
        }
    }
}

extension LabelledSet {
    var ids: [String] { images.map(\.id.text) }

    func image(_ id: String) -> LabelledImage? { position(of: LabelledImage.ID(id)).map { images[$0] } }

    /// A set out of ids and labels, apart from files.
    static func of(_ images: [(String, [String])], relevance: Relevance = .sharedLabel) throws -> LabelledSet {
        try LabelledSet(
            name: "test", images: images.map { LabelledImage(id: .init($0), path: $0, labels: $1) },
            relevance: relevance)
    }
}

extension RetrievalTask {
    func names(_ positions: [Int]) -> [String] { positions.map { set.images[$0].id.text } }

    func answers(to id: String) -> [String: Int] {
        guard let query = set.position(of: LabelledImage.ID(id)) else { return [:] }
        return Dictionary(uniqueKeysWithValues: relevant(to: query).map { (set.images[$0.position].id.text, $0.grade) })
    }
}
