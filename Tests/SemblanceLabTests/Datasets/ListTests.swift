import Foundation
import SemblanceLab
import Testing

@Suite struct ListTests {
    let fixture: SetFixture

    init() throws {
        fixture = try SetFixture()
        try fixture.add("a.jpg", "b.jpg", "c.jpg", "sub/d.jpg", "with, comma.jpg", "say \"cheese\".jpg")
    }

    @Test func readsCSVWithAnyNumberOfLabels() throws {
        try fixture.write("image,label\na.jpg,shoe\nb.jpg,shoe,red , ,new\nc.jpg\n\n./sub/d.jpg,hat\n", to: "set.csv")
        let set = try fixture.read("set.csv")
        #expect(set.ids == ["a.jpg", "b.jpg", "c.jpg", "sub/d.jpg"])
        #expect(set.image("b.jpg")?.labels == ["new", "red", "shoe"])
        #expect(set.image("c.jpg")?.labels == [])
        #expect(set.image("a.jpg")?.path == fixture.folder.path("a.jpg"))
    }

    @Test func readsCSVColumnsInAnyOrder() throws {
        try fixture.write(
            "\u{FEFF}Split,Label_1,notes,ID,File,label2\r\nquery,x,,first,a.jpg,y\r\ngallery,x,,,b.jpg,\r\n,z,n,3,c.jpg,z\r\n",
            to: "set.csv")
        let set = try fixture.read("set.csv")
        #expect(set.ids == ["3", "b.jpg", "first"])
        #expect(set.image("first")?.role == .query && set.image("first")?.labels == ["x", "y"])
        #expect(set.image("b.jpg")?.role == .gallery && set.image("3")?.role == .both)
        #expect(set.image("3")?.labels == ["z"])
    }

    @Test func readsQuotedCSVFields() throws {
        try fixture.write(
            "image,label\n\"with, comma.jpg\",\"two\nlines\"\n\"say \"\"cheese\"\".jpg\",\"\"\na.jpg,\"x\"\n",
            to: "set.csv")
        let set = try fixture.read("set.csv")
        #expect(set.image("with, comma.jpg")?.labels == ["two\nlines"])
        #expect(set.image("say \"cheese\".jpg")?.labels == [])
        #expect(set.image("a.jpg")?.labels == ["x"])
    }

    @Test(arguments: [
        ("", "is empty"), ("a.jpg,shoe\n", "no column 'image'"), ("image;label\na.jpg;x", "no column 'image'"),
        ("image,label,split\na.jpg,x,train\n", "Line 2"), ("image,split\na.jpg,both,x\n", "Line 2"),
        ("image,label\na.jpg,\"x\nb.jpg,y\n", "never closed"), ("image,label\na.jpg,x\"y\n", "Line 2"),
        ("image,label\na.jpg,\"x\"y\n", "Line 2"), ("image,label\n,x\n", "names no image"),
    ])
    func namesTheLineOfMalformedCSV(_ text: String, _ expected: String) throws {
        try fixture.write(text, to: "set.csv")
        let failure = fixture.failure("set.csv")
        #expect(failure?.code == .malformedSet)
        #expect(failure?.message.contains(expected) == true, "\(failure?.message ?? "no error")")
    }

    @Test func readsJSONLines() throws {
        try fixture.write(
            """
            {"image": "a.jpg", "label": "shoe"}

            {"path": "b.jpg", "labels": ["shoe", 7], "split": "query", "other": {"x": 1}}
            {"file": "c.jpg", "id": "third", "label": null, "split": "gallery"}
            """, to: "set.jsonl")
        let set = try fixture.read("set.jsonl")
        #expect(set.ids == ["a.jpg", "b.jpg", "third"])
        #expect(set.image("b.jpg")?.labels == ["7", "shoe"] && set.image("b.jpg")?.role == .query)
        #expect(set.image("third")?.labels == [] && set.image("third")?.role == .gallery)
    }

    @Test func findsTheLabelInMetadata() throws {
        try fixture.write(
            """
            {"path": "a.jpg", "metadata": {"category": "shoe"}}
            {"path": "b.jpg", "metadata": {"category": ["shoe", "red"]}}
            {"path": "sub/d.jpg", "metadata": {}}
            """, to: "metadata.jsonl")
        let set = try fixture.read("metadata.jsonl", SetOptions(labelField: "metadata.category"))
        #expect(set.images.map(\.labels) == [["shoe"], ["red", "shoe"], []])
        let part = try fixture.read("metadata.jsonl", SetOptions(labelField: "metadata.category", idPrefix: "sub/"))
        #expect(part.ids == ["sub/d.jpg"])
        #expect(fixture.failure("metadata.jsonl", SetOptions(idPrefix: "elsewhere/"))?.code == .unusableSet)
    }

    @Test func findsTheLabelInANamedColumn() throws {
        try fixture.write("image,label,Colour\na.jpg,shoe,red\n", to: "set.csv")
        #expect(try fixture.read("set.csv", SetOptions(labelField: "colour")).image("a.jpg")?.labels == ["red"])
        #expect(fixture.failure("set.csv", SetOptions(labelField: "size"))?.code == .malformedSet)
    }

    @Test(arguments: [
        "{\"image\": \"a.jpg\"", "[1]", "{\"label\": \"x\"}", "{\"image\": 1.5}",
        "{\"image\": \"a.jpg\", \"label\": true}",
        "{\"image\": \"a.jpg\", \"split\": \"test\"}", "{\"image\": \"a.jpg\", \"labels\": [[\"x\"]]}",
        "{\"image\": \"\"}",
    ])
    func namesTheLineOfMalformedJSON(_ line: String) throws {
        try fixture.write("{\"image\": \"b.jpg\"}\n\(line)\n", to: "set.jsonl")
        let failure = fixture.failure("set.jsonl")
        #expect(failure?.code == .malformedSet)
        #expect(failure?.message.contains("Line 2") == true, "\(failure?.message ?? "no error")")
    }

    @Test(arguments: ["set.csv", "set.jsonl"])
    func refusesAnIDThatWasThereBefore(_ name: String) throws {
        let isCSV = name.hasSuffix("csv")
        try fixture.write(
            isCSV
                ? "image,label\na.jpg,x\nb.jpg,x\n./a.jpg,y\n"
                : "\n{\"image\":\"a.jpg\"}\n{\"image\":\"b.jpg\"}\n{\"image\":\"a.jpg\"}\n",
            to: name)
        let failure = fixture.failure(name)
        #expect(failure?.code == .duplicateID)
        #expect(failure?.message.contains("Line 4") == true && failure?.message.contains("line 2") == true)
    }

    @Test func refusesALabelThatWasNotDeclared() throws {
        try fixture.write("image,label\na.jpg,shoe\nb.jpg,sheo\n", to: "set.csv")
        let classes = try fixture.write("shoe\n\n hat \n", to: "classes.txt")
        let known = try SetOptions.labels(listedIn: classes)
        #expect(known == ["shoe", "hat"])
        let failure = fixture.failure("set.csv", SetOptions(knownLabels: known))
        #expect(failure?.code == .unknownLabel)
        #expect(failure?.message.contains("Line 3") == true && failure?.message.contains("'sheo'") == true)
    }

    @Test func countsImagesThatAreMissing() throws {
        try fixture.write("image,label\na.jpg,x\ngone.jpg,x\nb.jpg,x\nlost.jpg,x\n", to: "set.csv")
        let set = try fixture.read("set.csv")
        #expect(set.ids == ["a.jpg", "b.jpg"])
        #expect(set.issues.count(of: .missingImage) == 2)
        #expect(set.issues.examples.map(\.subject) == ["gone.jpg", "lost.jpg"])
    }

    @Test func refusesAListOfWhichNothingIsThere() throws {
        try fixture.write("image,label\ngone.jpg,x\nlost.jpg,x\n", to: "set.csv")
        let failure = fixture.failure("set.csv")
        #expect(failure?.code == .unusableSet)
        #expect(failure?.message.contains("gone.jpg") == true && failure?.message.contains("2 images") == true)
    }

    @Test func refusesTextThatIsNone() throws {
        try fixture.folder.write([0x69, 0x6D, 0x61, 0x67, 0x65, 0x0A, 0xFF, 0xFE, 0x0A], to: "set.csv")
        #expect(fixture.failure("set.csv")?.message.contains("Line 2") == true)
        try fixture.write("image\n" + String(repeating: "x", count: 1 << 21), to: "set.csv")
        #expect(fixture.failure("set.csv")?.message.contains("longer than") == true)
    }

    @Test func keepsTheFirstIssuesAndCountsAll() throws {
        try fixture.write(
            "image\na.jpg\n" + (0..<100).map { "gone\($0).jpg\n" }.joined(), to: "set.csv")
        let set = try fixture.read("set.csv")
        #expect(set.issues.count(of: .missingImage) == 100)
        #expect(set.issues.examples.count == SetIssues.keptCount)
    }

    /// A list longer than the block that is read at once, with lines across its ends.
    @Test func readsLongLists() throws {
        let count = 5000
        let text = (0..<count).map { "id-number-\($0),a.jpg,class \($0 % 7)\r\n" }.joined()
        try fixture.write("id,image,label\r\n" + text, to: "set.csv")
        let set = try fixture.read("set.csv")
        #expect(set.images.count == count)
        #expect(set.image("id-number-4321")?.labels == ["class \(4321 % 7)"])
    }
}
