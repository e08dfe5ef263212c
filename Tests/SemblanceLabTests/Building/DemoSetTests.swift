import SemblanceLab
import SemblanceTesting
import Testing

@Suite struct DemoSetTests {
    private func lists(_ lines: [String], least: Int = 2) throws -> [DemoSets.List] {
        let folder = try TemporaryFolder()
        try folder.write(lines.joined(separator: "\n").utf8, to: "metadata.jsonl")
        return try DemoSets.lists(in: folder.path, leastCount: least)
    }

    private static func stamp(_ path: String) -> String { #"{"path": "stamps/\#(path)", "metadata": {"name": "x"}}"# }

    private static func furniture(_ file: String, _ name: String, _ category: String) -> String {
        #"{"path": "furniture/a/\#(file).png", "metadata": {"name": "\#(name)", "category": "\#(category)"}}"#
    }

    @Test func aStampIsOfItsTopicWhateverItsStyle() throws {
        let lists = try lists([
            Self.stamp("animals/birds/a.png"), Self.stamp("animals/birds/cartoon/b.png"), Self.stamp("food/a.png"),
            Self.stamp("food/plastic/b.png"), Self.stamp("space/a.png"),
        ])
        #expect(lists.map(\.name) == ["stamps"])
        #expect(lists[0].entries.map(\.label) == ["animals/birds", "animals/birds", "food", "food"])
        #expect(lists[0].classCount == 2)
    }

    @Test func furnitureIsOfItsCategoryAndOfItsKind() throws {
        let lists = try lists([
            Self.furniture("1", "Armchair", "Living room"), Self.furniture("2", "Armchair 2", "Office"),
            Self.furniture("3", "Box 10 20", "Office"), Self.furniture("4", "box", "Living room"),
        ])
        #expect(lists.map(\.name) == ["furniture", "furniture-kinds"])
        #expect(lists[0].entries.map(\.label) == ["Living room", "Office", "Office", "Living room"])
        #expect(lists[1].entries.map(\.label) == ["armchair", "armchair", "box", "box"])
    }

    @Test func smallClassesAreLeftOut() throws {
        let lines = (0..<5).map { Self.stamp("a/\($0).png") } + (0..<4).map { Self.stamp("b/\($0).png") }
        #expect(try lists(lines, least: 4)[0].entries.count == 9)
        #expect { _ = try lists(lines, least: 5) } throws: { ($0 as? LabError)?.code == .unusableSet }
    }

    @Test func theListIsASet() throws {
        let folder = try TemporaryFolder()
        let lines = [Self.stamp("a/0.png"), Self.stamp("a/1.png"), Self.stamp("b/0.png"), Self.stamp("b/1.png")]
        try folder.write(lines.joined(separator: "\n").utf8, to: "metadata.jsonl")
        for name in ["a/0.png", "a/1.png", "b/0.png", "b/1.png"] { try folder.write([1], to: "stamps/\(name)") }
        let list = try DemoSets.lists(in: folder.path, leastCount: 2)[0]
        let set = try LabelledSet(at: folder.write(list.text.utf8, to: "stamps.jsonl"))
        #expect(set.images.map(\.labels) == [["a"], ["a"], ["b"], ["b"]] && set.issues.isEmpty)
    }

    @Test(arguments: ["", "no JSON", #"{"metadata": {}}"#, #"{"path": "elsewhere/a.png"}"#])
    func refusesWhatIsNotTheDemo(_ line: String) throws {
        #expect { _ = try lists([line]) } throws: {
            [LabError.Code.malformedSet, .unusableSet].contains(($0 as? LabError)?.code)
        }
    }
}
