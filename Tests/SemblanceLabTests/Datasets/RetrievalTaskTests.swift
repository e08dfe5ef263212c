import SemblanceLab
import Testing

@Suite struct RetrievalTaskTests {
    @Test func leavesEachQueryOut() throws {
        let task = try RetrievalTask(.of([("a", ["x"]), ("b", ["x"]), ("c", ["x"]), ("d", ["y"]), ("e", ["y"])]))
        #expect(task.names(task.queries) == ["a", "b", "c", "d", "e"])
        #expect(task.answers(to: "a") == ["b": 1, "c": 1])
        #expect(task.answers(to: "e") == ["d": 1])
        #expect(task.queries.allSatisfy { task.excluded(for: $0) == [$0] })
        #expect(task.issues.isEmpty)
    }

    @Test func aSharedLabelOfManyIsEnough() throws {
        let images = [("a", ["x", "y"]), ("b", ["y", "z"]), ("c", ["x", "y"]), ("d", ["w", "z"])]
        let binary = try RetrievalTask(.of(images))
        #expect(binary.answers(to: "a") == ["b": 1, "c": 1])
        #expect(binary.answers(to: "d") == ["b": 1])
        let graded = try RetrievalTask(.of(images, relevance: .sharedLabelCount))
        #expect(graded.answers(to: "a") == ["b": 1, "c": 2])
    }

    @Test func aClassWithOneImageAsksNothingAndIsCounted() throws {
        let task = try RetrievalTask(.of([("a", ["x"]), ("b", ["x"]), ("c", ["single"])]))
        #expect(task.names(task.queries) == ["a", "b"])
        #expect(task.names(task.queriesWithoutRelevant) == ["c"])
        #expect(task.names(task.gallery) == ["a", "b", "c"])
        #expect(task.issues.examples.first { $0.kind == .classWithOneImage }?.subject == "single")
        #expect(task.issues.count(of: .queryWithoutRelevant) == 1)
    }

    @Test func anImageWithoutALabelCanOnlyBeFound() throws {
        let task = try RetrievalTask(.of([("a", ["x"]), ("b", ["x"]), ("c", [])]))
        #expect(task.names(task.queries) == ["a", "b"])
        #expect(task.queriesWithoutRelevant.isEmpty)
        #expect(task.names(task.gallery) == ["a", "b", "c"])
        #expect(task.issues.count(of: .unlabelledImage) == 1)
    }

    @Test func aQueryOfAClassThatTheGalleryLacksIsCounted() throws {
        let images = [
            LabelledImage(id: .init("q1"), path: "q1", labels: ["x"], role: .query),
            LabelledImage(id: .init("q2"), path: "q2", labels: ["y"], role: .query),
            LabelledImage(id: .init("q3"), path: "q3", labels: ["y"], role: .query),
            LabelledImage(id: .init("g1"), path: "g1", labels: ["x"], role: .gallery),
        ]
        let task = try RetrievalTask(LabelledSet(name: "split", images: images))
        #expect(task.names(task.queries) == ["q1"])
        #expect(task.names(task.queriesWithoutRelevant) == ["q2", "q3"])
        #expect(task.issues.count(of: .queryWithoutRelevant) == 2)
    }

    @Test func imagesThatCannotBeReadAreAsIfTheyWereNotThere() throws {
        let set = try LabelledSet.of([("a", ["x"]), ("b", ["x"]), ("c", ["x"]), ("d", ["y"]), ("e", ["y"])])
        let task = try RetrievalTask(set, without: [1, 4])
        #expect(task.names(task.gallery) == ["a", "c", "d"])
        #expect(task.names(task.queries) == ["a", "c"])
        #expect(task.answers(to: "a") == ["c": 1])
        #expect(task.issues.count(of: .classWithOneImage) == 1)
    }

    @Test func aPictureDoesNotFindItselfUnderAnotherName() throws {
        let set = try LabelledSet.of([("a", ["x"]), ("b", ["x"]), ("c", ["x"]), ("d", ["x"])])
        let task = try RetrievalTask(set, identical: [[0, 2]])
        #expect(task.answers(to: "a") == ["b": 1, "d": 1])
        #expect(task.excluded(for: 0) == [0, 2] && task.excluded(for: 2) == [0, 2] && task.excluded(for: 1) == [1])
        #expect(task.answers(to: "b") == ["a": 1, "c": 1, "d": 1])
        #expect(task.issues.examples.map(\.detail) == ["as a"])
    }

    @Test func refusesASetThatNothingCanBeAskedOf() throws {
        let sets = [
            try LabelledSet.of([("a", ["x"]), ("b", ["y"])]), try LabelledSet.of([("a", []), ("b", [])]),
        ]
        for set in sets {
            #expect { _ = try RetrievalTask(set) } throws: { ($0 as? LabError)?.code == .unusableSet }
        }
        #expect { _ = try RetrievalTask(sets[1]) } throws: {
            ($0 as? LabError)?.message.contains("has a label") == true
        }
        let queries = [LabelledImage(id: .init("q"), path: "q", labels: ["x"], role: .query)]
        #expect { _ = try RetrievalTask(LabelledSet(name: "q", images: queries)) } throws: {
            ($0 as? LabError)?.message.contains("gallery is empty") == true
        }
    }

    @Test func refusesTwoImagesWithOneID() {
        #expect { _ = try LabelledSet.of([("a", ["x"]), ("b", ["x"]), ("a", ["y"])]) } throws: {
            ($0 as? LabError)?.code == .duplicateID
        }
    }
}
