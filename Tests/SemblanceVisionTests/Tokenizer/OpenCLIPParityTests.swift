import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// CLIP's real vocabulary against OpenCLIP's own tokenizer, on more than a thousand texts.
@Suite(.enabled(if: TokenizerFixture.canRun, "run 'make setup-test' to get the vocabulary"))
struct OpenCLIPParityTests {
    @Test func makesTheSameTokensOfEveryText() throws {
        let tokenizer = try TokenizerFixture.clip()
        let references = try TokenizerFixture.references()
        #expect(references.count >= 1000)
        for reference in references {
            let found = tokenizer.tokens(of: reference.text, contextLength: 77)
            let padded = reference.ids + [Int32](repeating: 0, count: 77 - reference.ids.count)
            #expect(found.ids == padded, "\(reference.text.prefix(100).debugDescription)")
        }
    }

    @Test func knowsTheWholeVocabulary() throws {
        let tokenizer = try TokenizerFixture.clip()
        #expect(tokenizer.vocabularySize == 49_408)
        let row = tokenizer.tokens(of: "a photo of a cat", contextLength: 77)
        #expect(Array(row.ids.prefix(8)) == [49406, 320, 1125, 539, 320, 2368, 49407, 0])
        #expect(!row.isCut)
    }

    /// 75 words fill the context beside its start and its end.
    @Test(arguments: [(1, false), (75, false), (76, true), (500, true)])
    func tellsWhetherTheEndWasLeftOut(wordCount: Int, isCut: Bool) throws {
        let text = String(repeating: "cat ", count: wordCount)
        let row = try TokenizerFixture.clip().tokens(of: text, contextLength: 77)
        #expect(row.isCut == isCut)
        #expect(row.ids.count == 77)
        #expect(row.ids[min(wordCount + 1, 76)] == 49407)
    }

    /// A word is cut to what the context can need before it is tokenised: time must not grow with its square.
    @Test(.timeLimit(.minutes(1))) func endsSoonOnOneEndlessWord() throws {
        let text = String(repeating: "lorem", count: 400_000)
        #expect(try TokenizerFixture.clip().tokens(of: text, contextLength: 77).isCut)
    }

    @Test func refusesAnotherVocabulary() throws {
        let folder = try ModelFixture.TemporaryFolder()
        let path = try folder.write("not the vocabulary", to: BytePairVocabulary.clipFileName)
        let error = #expect(throws: ModelError.self) { try BytePairVocabulary.clip(path: path) }
        #expect(error?.code == .hashMismatch)
        #expect(error?.message.contains(BytePairVocabulary.clipHash) == true)
        let missing = #expect(throws: ModelError.self) { try BytePairVocabulary.clip(path: folder.path + "/nothing") }
        #expect(missing?.code == .weightsMissing)
        #expect(missing?.message.contains("models pull") == true)
    }
}
