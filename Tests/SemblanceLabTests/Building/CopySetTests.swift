import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceTesting
import Testing

@Suite struct CopySetTests {
    private static let names = (0..<30).map { "folder \($0 % 3)/\($0).png" }

    private static func plan(_ change: (inout CopySetPlan.Options) -> Void = { _ in }) throws -> CopySetPlan {
        var options = CopySetPlan.Options(originalCount: 8, strangerCount: 3, seed: 7)
        change(&options)
        return try CopySetPlan(names: names, options: options)
    }

    @Test func theSameSeedGivesTheSamePlanWhateverTheOrder() throws {
        let plan = try Self.plan()
        let options = plan.options
        #expect(try CopySetPlan(names: Self.names.reversed(), options: options) == plan)
        #expect(try Self.plan { $0.seed = 8 }.copies != plan.copies)
        #expect(Set(try (1...5).map { seed in try Self.plan { $0.seed = seed }.strangers }).count > 1)
    }

    @Test func makesEveryKindInEveryStrengthOfEachPicture() throws {
        let plan = try Self.plan()
        // Nine kinds in two strengths, less one: a flip has none.
        #expect(plan.copies.count == 11 * 17)
        #expect(Set(plan.copies.map(\.path)).count == plan.copies.count)
        #expect(plan.strangers.count == 3)
        let sources = Dictionary(grouping: plan.copies, by: \.source)
        #expect(sources.count == 11 && sources.values.allSatisfy { $0.count == 17 })
        #expect(Set(plan.strangers).isSubset(of: sources.keys))
        let draws = Set(plan.copies.map(\.alteration.draws))
        #expect(draws.count == plan.copies.count, "no two copies take the same chances")
    }

    @Test func refusesMorePicturesThanThereAre() {
        #expect { _ = try Self.plan { $0.originalCount = 28 } } throws: {
            ($0 as? LabError)?.code == .unusableSet && ($0 as? LabError)?.message.contains("31 pictures") == true
        }
        for change: (inout CopySetPlan.Options) -> Void in [
            { $0.kinds = [] }, { $0.strengths = [1.5] }, { $0.originalCount = 0 }, { $0.strengths = [] },
        ] {
            #expect { _ = try Self.plan(change) } throws: { ($0 as? LabError)?.code == .unusableSet }
        }
    }

    @Test func writesASetThatCanBeRead() async throws {
        let folder = try TemporaryFolder()
        for name in Self.names { try folder.write(Array(name.utf8), to: "pictures/\(name)") }
        let (plan, failures) = try CopySetBuilder.plan(folder.path("pictures"), Self.plan().options)
        #expect(failures.isEmpty)
        #expect(try plan == Self.plan())
        let builder = CopySetBuilder(alterer: NamingAlterer(), threadCount: 3)
        let summary = try await builder.build(plan, from: folder.path("pictures"), at: folder.path("set"))
        #expect(summary.galleryCount == 27 && summary.copyCount == 187 && summary.strangerCount == 3)

        let set = try LabelledSet(
            at: folder.path("set/list.jsonl"), options: SetOptions(judgementsPath: folder.path("set/qrels.txt")))
        #expect(set.issues.isEmpty)
        let task = try RetrievalTask(set)
        #expect(task.gallery.count == 27 && task.queries.count == 8 * 17 && task.queriesWithoutRelevant.count == 3 * 17)
        for query in task.queries {
            // A copy's bytes here say what it is a copy of.
            let copied = try String(contentsOfFile: set.images[query].path, encoding: .utf8)
            let relevant = task.relevant(to: query)
            #expect(relevant.count == 1)
            #expect(try String(contentsOfFile: set.images[relevant[0].position].path, encoding: .utf8) == copied)
        }
        for query in task.queriesWithoutRelevant {
            let copied = try String(contentsOfFile: set.images[query].path, encoding: .utf8)
            #expect(!task.gallery.contains { set.images[$0].id.text == "originals/\(copied)" })
        }
    }

    @Test func leavesAPictureOutThatCannotBeAltered() async throws {
        let folder = try TemporaryFolder()
        for name in Self.names { try folder.write(Array(name.utf8), to: "pictures/\(name)") }
        let plan = try Self.plan()
        let bad = plan.names[try #require(plan.copies.first { !plan.strangers.contains($0.source) }).source]
        let builder = CopySetBuilder(alterer: NamingAlterer(refusing: bad), threadCount: 2)
        let summary = try await builder.build(plan, from: folder.path("pictures"), at: folder.path("set"))
        #expect(summary.failures.map(\.path) == [bad] && summary.copyCount == 170 && summary.galleryCount == 26)
        #expect(!FileManager.default.fileExists(atPath: folder.path("set/originals/\(bad)")))
    }

    @Test func leavesNothingWhenItIsCancelledAndNeverOverwrites() async throws {
        let folder = try TemporaryFolder()
        for name in Self.names { try folder.write(Array(name.utf8), to: "pictures/\(name)") }
        let builder = CopySetBuilder(alterer: NamingAlterer(), threadCount: 1)
        let (plan, pictures, output) = (try Self.plan(), folder.path("pictures"), folder.path("set"))
        let task = Task {
            try await builder.build(plan, from: pictures, at: output) { _ in withUnsafeCurrentTask { $0?.cancel() } }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pictures"])
        try folder.write([1], to: "set/mine.txt")
        await #expect { _ = try await builder.build(plan, from: pictures, at: output) } throws: {
            ($0 as? LabError)?.code == .unreadableSet
        }
        #expect(FileManager.default.fileExists(atPath: folder.path("set/mine.txt")))
    }

    @Test func refusesAFolderThatIsNone() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "file.png")
        for path in ["absent", "file.png"] {
            #expect { _ = try CopySetBuilder.plan(folder.path(path), CopySetPlan.Options()) } throws: {
                ($0 as? LabError)?.code == .unreadableSet
            }
        }
    }
}

/// Copies the bytes, so that a copy can be traced; pixels are Vision's matter, and tested there.
private struct NamingAlterer: ImageAlterer {
    var refusing = ""

    func alter(_ bytes: UnsafeRawBufferPointer, by alteration: Alteration) throws -> [UInt8] {
        if bytes.elementsEqual(refusing.utf8) { throw ImageError(.damaged, "The picture is damaged.") }
        return Array(bytes)
    }
}
