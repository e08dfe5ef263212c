import Foundation
import SemblanceLab
import Testing

@Suite struct ClassFolderTests {
    let fixture: SetFixture

    init() throws { fixture = try SetFixture() }

    @Test func takesEachFolderForAClass() throws {
        try fixture.add("birds/wren.jpg", "birds/small/tit.png", "fish/eel.jpg", "fish/notes.txt", ".hidden/x.jpg")
        let set = try fixture.read()
        #expect(set.ids == ["birds/small/tit.png", "birds/wren.jpg", "fish/eel.jpg"])
        #expect(set.image("birds/small/tit.png")?.labels == ["birds"])
        #expect(set.image("fish/eel.jpg")?.labels == ["fish"])
        #expect(set.images.allSatisfy { $0.role == .both && FileManager.default.fileExists(atPath: $0.path) })
        #expect(set.issues.isEmpty)
    }

    @Test func takesMoreFoldersForAClassIfAskedTo() throws {
        try fixture.add("birds/small/tit.png", "birds/wren.jpg", "birds/small/old/tit.png")
        let set = try fixture.read("", SetOptions(classDepth: 2))
        #expect(set.image("birds/small/tit.png")?.labels == ["birds/small"])
        #expect(set.image("birds/small/old/tit.png")?.labels == ["birds/small"])
        #expect(set.image("birds/wren.jpg")?.labels == ["birds"])
    }

    @Test func looksForQueriesInTheGalleryIfThereAreBoth() throws {
        try fixture.add("queries/birds/a.jpg", "gallery/birds/b.jpg", "gallery/fish/c.jpg")
        let set = try fixture.read()
        #expect(set.image("queries/birds/a.jpg")?.role == .query)
        #expect(set.image("gallery/fish/c.jpg")?.role == .gallery)
        #expect(set.image("queries/birds/a.jpg")?.labels == ["birds"])
        let task = try RetrievalTask(set)
        #expect(task.names(task.queries) == ["queries/birds/a.jpg"])
        #expect(task.names(task.gallery) == ["gallery/birds/b.jpg", "gallery/fish/c.jpg"])
    }

    @Test func aClassMayBeCalledGalleryAmongOthers() throws {
        try fixture.add("gallery/a.jpg", "queries/b.jpg", "birds/c.jpg")
        #expect(try fixture.read().image("gallery/a.jpg")?.labels == ["gallery"])
    }

    @Test func countsFilesBesideTheClassesAndLeavesThemOut() throws {
        try fixture.add("a.jpg", "b.jpg", "birds/c.jpg")
        let set = try fixture.read()
        #expect(set.ids == ["birds/c.jpg"])
        #expect(set.issues.count(of: .outsideClasses) == 2)
    }

    @Test func countsLinksThatLeadNowhere() throws {
        try fixture.add("birds/a.jpg")
        try FileManager.default.createSymbolicLink(
            atPath: fixture.folder.path("birds/gone.jpg"), withDestinationPath: "nowhere.jpg")
        let set = try fixture.read()
        #expect(set.ids == ["birds/a.jpg"])
        #expect(set.issues.examples.map(\.kind) == [.brokenImage])
    }

    @Test func keepsNamesApartThatSwiftTakesForEqual() throws {
        try fixture.add("birds/\u{E9}.jpg", "birds/e\u{301}.jpg")
        let set = try fixture.read()
        #expect(set.images.count == 2)
        #expect(set.ids.map { Array($0.utf8) } == [Array("birds/e\u{301}.jpg".utf8), Array("birds/\u{E9}.jpg".utf8)])
    }

    @Test func readsASetThroughALink() throws {
        try fixture.add("real/birds/a.jpg", "real/fish/b.jpg")
        try FileManager.default.createSymbolicLink(
            atPath: fixture.folder.path("link"), withDestinationPath: fixture.folder.path("real"))
        #expect(try fixture.read("link").ids == ["birds/a.jpg", "fish/b.jpg"])
    }

    @Test func refusesWhatIsNoSet() throws {
        try fixture.add("empty/readme.txt", "picture.png")
        #expect(fixture.failure("absent")?.code == .unreadableSet)
        #expect(fixture.failure("empty")?.code == .unusableSet)
        #expect(fixture.failure("picture.png")?.code == .unreadableSet)
        #expect(fixture.failure("empty", SetOptions(classDepth: 0))?.code == .unusableSet)
    }

    @Test func refusesAClassThatWasNotDeclared() throws {
        try fixture.add("birds/a.jpg", "brids/b.jpg")
        let failure = fixture.failure("", SetOptions(knownLabels: ["birds", "fish"]))
        #expect(failure?.code == .unknownLabel)
        #expect(failure?.message.contains("'brids'") == true)
    }
}
