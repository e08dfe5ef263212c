import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite struct FolderWalkerTests {
    private static let bytes = Array("x".utf8)
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func walk(_ paths: String...) -> (files: [String], failures: [FileFailure]) {
        let walker = FolderWalker(paths: paths)
        var files: [String] = []
        var failures: [FileFailure] = []
        while let entry = walker.next() {
            switch entry {
            case .file(let found): files.append(String(found.file.path.dropFirst(folder.path.count + 1)))
            case .failure(let failure): failures.append(failure)
            }
        }
        return (files, failures)
    }

    @Test func listsImagesInTheOrderOfTheirNamesAndLeavesOthersOut() throws {
        for name in ["b/2.JPG", "b/1.png", "a.jpeg", "notes.txt", ".hidden.jpg", ".cache/x.jpg", "c.avif"] {
            try folder.write(Self.bytes, to: name)
        }
        let (files, failures) = walk(folder.path)
        #expect(files == ["a.jpeg", "b/1.png", "b/2.JPG", "c.avif"])
        #expect(failures.isEmpty)
    }

    @Test func takesAFileThatIsNamedWhateverItsEnding() throws {
        let path = try folder.write(Self.bytes, to: "picture.data")
        #expect(walk(path).files == ["picture.data"])
    }

    @Test func followsLinksButNotInCircles() throws {
        try folder.write(Self.bytes, to: "a/1.jpg")
        try folder.write(Self.bytes, to: "elsewhere.jpg")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/a/up", withDestinationPath: "..")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/a/2.jpg", withDestinationPath: folder.path + "/elsewhere.jpg")
        let (files, failures) = walk(folder.path + "/a")
        #expect(files.contains("a/1.jpg") && files.contains("a/2.jpg"))
        #expect(failures.map(\.path) == [folder.path + "/a/up/a"])
        #expect(failures.first?.message.contains("leads back") == true)
    }

    @Test func namesBrokenAndCircularLinks() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/broken.jpg", withDestinationPath: "nowhere.jpg")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/loop.jpg", withDestinationPath: "loop.jpg")
        let (files, failures) = walk(folder.path)
        #expect(files.isEmpty)
        #expect(
            failures.map(\.message) == [
                "The link leads nowhere; mend or delete it.", "The link leads to itself; mend or delete it.",
            ])
        #expect(failures.allSatisfy { $0.code == "image-unreadable" })
    }

    /// Behind it may lie a folder full of images.
    @Test func namesALinkToAFolderThatIsGone() throws {
        for (name, target) in [("album", "nowhere"), ("loop", "loop")] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: target)
        }
        #expect(walk(folder.path).failures.map(\.path) == ["album", "loop"].map { folder.path + "/" + $0 })
    }

    @Test func namesAPathThatIsNotThere() {
        let (_, failures) = walk(folder.path + "/missing")
        #expect(failures.map(\.message) == ["There is no such file or folder; check its name."])
    }

    @Test func refusesANameThatIsNotText() throws {
        let path = Array((folder.path + "/bad").utf8) + [0xFF] + Array(".jpg".utf8) + [0]
        let descriptor = path.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { creat($0.baseAddress!, 0o600) }
        }
        try #require(descriptor >= 0)
        close(descriptor)
        let (files, failures) = walk(folder.path)
        #expect(files.isEmpty)
        #expect(failures.first?.message == "The file's name is not UTF-8 text; rename it.")
    }

    @Test func namesAFolderWhoseNameIsNotText() throws {
        let path = Array((folder.path + "/bad").utf8) + [0xFF, 0]
        try #require(path.withUnsafeBytes { mkdir($0.bindMemory(to: CChar.self).baseAddress!, 0o700) } == 0)
        try folder.write(Self.bytes, to: "good/1.jpg")
        let (files, failures) = walk(folder.path)
        #expect(files == ["good/1.jpg"])
        #expect(failures.map(\.message) == ["The folder's name is not UTF-8 text; rename it."])
    }

    @Test func refusesAPipe() throws {
        try #require(mkfifo(folder.path + "/pipe.jpg", 0o600) == 0)
        #expect(
            walk(folder.path).failures.map(\.message) == [
                "This is not a regular file: give a copy of the image itself."
            ])
    }
}
