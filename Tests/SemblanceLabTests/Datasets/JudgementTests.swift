import SemblanceLab
import Testing

@Suite struct JudgementTests {
    let fixture: SetFixture

    init() throws {
        fixture = try SetFixture()
        try fixture.add("a.jpg", "b.jpg", "c.jpg", "d e.jpg")
        try fixture.write("image,split\na.jpg\nb.jpg\nc.jpg\nd e.jpg,query\n", to: "set.csv")
    }

    private func options(_ judgements: String) throws -> SetOptions {
        SetOptions(judgementsPath: try fixture.write(judgements, to: "qrels.txt"))
    }

    @Test func readsGradesAndAsksWhatIsJudged() throws {
        let set = try fixture.read(
            "set.csv", options("a.jpg 0 b.jpg 2\na.jpg 0  c.jpg 0\n\nb.jpg\t0\td e.jpg\t1\nb.jpg 0 a.jpg -1\n"))
        let task = try RetrievalTask(set)
        #expect(task.answers(to: "a.jpg") == ["b.jpg": 2])
        // What is found is in the gallery, and 'd e.jpg' is a query only.
        #expect(task.answers(to: "b.jpg") == [:])
        #expect(task.names(task.queries) == ["a.jpg"])
        #expect(task.names(task.queriesWithoutRelevant) == ["b.jpg", "d e.jpg"])
    }

    @Test func aFolderWithAListAndJudgementsIsASet() throws {
        try fixture.write(#"{"image": "a.jpg"}"# + "\n" + #"{"image": "b.jpg"}"# + "\n", to: "list.jsonl")
        #expect(try fixture.read().ids == ["a.jpg", "b.jpg"])
        try fixture.write("a.jpg 0 b.jpg 1\n", to: "qrels.txt")
        let set = try LabelledSet(at: fixture.folder.path, named: "copies")
        #expect(set.name == "copies" && set.ids == ["a.jpg", "b.jpg"])
        #expect(try RetrievalTask(set).answers(to: "a.jpg") == ["b.jpg": 1])
        // Judgements that are named come first.
        let others = SetOptions(judgementsPath: try fixture.write("b.jpg 0 a.jpg 3\n", to: "others.txt"))
        #expect(try RetrievalTask(fixture.read("", others)).answers(to: "b.jpg") == ["a.jpg": 3])
    }

    @Test func aQueryNeverFindsItselfThoughItIsJudged() throws {
        let set = try fixture.read("set.csv", options("a.jpg 0 a.jpg 1\na.jpg 0 b.jpg 1\n"))
        #expect(try RetrievalTask(set).answers(to: "a.jpg") == ["b.jpg": 1])
    }

    @Test func anUnchangedCopyIsAFairAnswerIfItIsJudgedSo() throws {
        let set = try fixture.read("set.csv", options("a.jpg 0 b.jpg 1\n"))
        let task = try RetrievalTask(set, identical: [[0, 1]])
        #expect(task.answers(to: "a.jpg") == ["b.jpg": 1])
        #expect(task.excluded(for: 0) == [0])
    }

    @Test func countsJudgementsForImagesThatAreNotThere() throws {
        let set = try fixture.read("set.csv", options("a.jpg 0 b.jpg 1\na.jpg 0 gone.jpg 1\ngone.jpg 0 a.jpg 1\n"))
        #expect(set.issues.count(of: .absentImageJudged) == 2)
        #expect(try RetrievalTask(set).answers(to: "a.jpg") == ["b.jpg": 1])
    }

    @Test func refusesJudgementsThatAreAllForAbsentImages() throws {
        #expect(fixture.failure("set.csv", try options("x 0 y 1\n"))?.code == .unusableSet)
        #expect(fixture.failure("set.csv", try options(""))?.code == .unusableSet)
    }

    @Test(arguments: [
        "a.jpg 0 b.jpg", "a.jpg 0 b.jpg 1 more", "a.jpg 0 b.jpg x", "a.jpg 0 b.jpg 1.5", "a.jpg 0 d e.jpg 1",
        "a.jpg 0 c.jpg 1", "a.jpg 0 c.jpg 2", "a.jpg 0 b.jpg 99999999999999999999",
    ])
    func namesTheLineOfMalformedJudgements(_ line: String) throws {
        let failure = fixture.failure("set.csv", try options("a.jpg 0 c.jpg 1\n\(line)\n"))
        #expect(failure?.code == .malformedSet)
        #expect(failure?.message.contains("Line 2") == true, "\(failure?.message ?? "no error")")
    }

    @Test func refusesJudgementsThatCannotBeRead() {
        let failure = fixture.failure("set.csv", SetOptions(judgementsPath: fixture.folder.path("absent.txt")))
        #expect(failure?.code == .unreadableSet)
    }
}
