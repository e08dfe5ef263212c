import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceTesting
import Testing

@Suite struct LabelTests {
    let fixture: EngineFixture
    let path: String

    init() throws {
        fixture = try EngineFixture()
        path = try fixture.folder.write(SmallImage.plain(red: 250, green: 10, blue: 10), to: "a.png")
    }

    @Test func namesTheLikeliestClassFirst() async throws {
        let request = LabelRequest(classes: ["green", "red", "blue", "yellow"], limit: 4)
        let labels = try await fixture.engine.label(fileAt: path, request).labels
        #expect(labels.first?.name == "red")
        #expect(Set(labels.map(\.name)) == Set(request.classes))
        #expect(labels.map(\.probability) == labels.map(\.probability).sorted(by: >))
        #expect(abs(labels.map(\.probability).reduce(0, +) - 1) < 1e-9)
    }

    @Test func isTheSoftmaxOfScaledScores() async throws {
        let request = LabelRequest(classes: ["white", "yellow"])
        let labels = try await fixture.engine.label(fileAt: path, request).labels
        let (first, second) = (try #require(labels.first), try #require(labels.last))
        let odds = exp(100 * (Double(first.score) - Double(second.score)))
        #expect(abs(first.probability / second.probability / odds - 1) < 1e-3)
    }

    @Test func countsClassesThatItDoesNotReturn() async throws {
        let classes = ["red", "yellow", "white", "black"]
        let all = try await fixture.engine.label(fileAt: path, LabelRequest(classes: classes)).labels
        let one = try await fixture.engine.label(fileAt: path, LabelRequest(classes: classes, limit: 1)).labels
        #expect(one == [all[0]])
    }

    @Test func putsTheClassIntoThePrompt() async throws {
        let texts = try ZeroShotLabels.texts(for: ["cat", "$0"], prompt: "a {} or {}")
        #expect(texts == ["a cat or cat", "a $0 or $0"])
        // Every class is equally likely where the prompt says more than the class.
        let request = LabelRequest(classes: ["chair", "table"], prompt: "a green {}")
        let labels = try await fixture.engine.label(fileAt: path, request).labels
        #expect(labels.map(\.probability) == [0.5, 0.5])
    }

    @Test func saysThatAClassWasCut() async throws {
        let request = LabelRequest(classes: ["red one two three four five six", "green"])
        let response = try await fixture.engine.label(fileAt: path, request)
        #expect(response.warnings.count == 1)
        #expect(response.labels.first?.name.hasPrefix("red") == true)
    }

    @Test(arguments: [
        (["red"], "a photo"), ([], "a {}"), (["red", ""], "a {}"), (["red", "red"], "a {}"),
        ([String(repeating: "a", count: 10_000)], "a {}"), ((0...1000).map(String.init), "a {}"),
    ])
    func refusesClassesThatAreNone(classes: [String], prompt: String) async throws {
        let error = await #expect(throws: RequestError.self) {
            try await fixture.engine.label(fileAt: path, LabelRequest(classes: classes, prompt: prompt))
        }
        #expect(error?.code == .invalidText)
    }

    @Test func refusesWhatElseIsWrong() async throws {
        let limit = await #expect(throws: RequestError.self) {
            try await fixture.engine.label(fileAt: path, LabelRequest(classes: ["red"], limit: 0))
        }
        #expect(limit?.code == .invalidLimit)
        let model = await #expect(throws: ModelError.self) {
            try await fixture.engine.label(fileAt: path, LabelRequest(modelID: "smaller", classes: ["red"]))
        }
        #expect(model?.code == .textUnsupported)
        let file = try fixture.folder.write(Array("text".utf8), to: "b.png")
        await #expect(throws: ImageError.self) {
            try await fixture.engine.label(fileAt: file, LabelRequest(classes: ["red"]))
        }
    }

    @Test func splitsAListAtItsCommas() {
        #expect(ZeroShotLabels.classes(in: "cat, dog ,a red chair") == ["cat", "dog", "a red chair"])
        #expect(ZeroShotLabels.classes(in: "cat,") == ["cat", ""])
    }
}
