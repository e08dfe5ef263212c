import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Files that cannot embed pictures, and files that are damaged or mean harm.
@Suite struct ONNXRefusalTests {
    private func refusal(_ graph: ForeignGraph, size: Int? = nil) -> ModelError? {
        #expect(throws: ModelError.self) { _ = try graph.model(size: size) }
    }

    private func expectRefusal(
        _ graph: ForeignGraph, _ parts: String..., code: ModelError.Code = .unsupportedArchitecture
    ) {
        let error = refusal(graph)
        #expect(error?.code == code)
        for part in parts + ["foreign.onnx"] {
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "") lacks \(part)")
        }
    }

    @Test func namesInputsThatAreNoPictures() {
        func graph(_ shape: [ForeignGraph.Dimension], type: Int = ForeignGraph.float) -> ForeignGraph {
            var graph = ForeignGraph()
            graph.input("signal", shape, type: type)
            graph.node("Identity", ["signal"], to: "y")
            graph.output("y")
            return graph
        }
        expectRefusal(graph(["n", 128]), "four dimensions", "'signal'", "2")
        expectRefusal(graph(["n", 1, 28, 28]), "three channels", "1")
        expectRefusal(graph(["n", 3, 224, 320]), "square", "320×224")
        expectRefusal(graph(["n", 3, 8, 8], type: ForeignGraph.int64), "Int64")
        expectRefusal(graph(["n", 3, 5000, 5000]), "4096", "5000")
    }

    @Test func namesInputsThatAreTooMany() {
        var graph = ForeignGraph.withPooledFeatures()
        graph.input("mask", ["n", 96])
        graph.node("Mul", ["vector", "mask"], to: "masked")
        graph.output("masked")
        expectRefusal(graph, "one input", "'picture'", "'mask'")
    }

    @Test func refusesOutputsThatCannotBeEmbeddings() {
        var scalar = ForeignGraph.withPooledFeatures()
        scalar.node("ReduceMean", ["vector"], to: "y", ["keepdims": .integer(0)])
        scalar.output("y")
        expectRefusal(scalar, "output")

        var single = ForeignGraph.withPooledFeatures()
        single.node("ReduceMean", ["vector"], to: "y", ["axes": .integers([1])])
        single.output("y")
        expectRefusal(single, "2 to 65,536 components", "not 1")

        var places = ForeignGraph.withPooledFeatures()
        places.node("NonZero", ["vector"], to: "y")
        places.output("y")
        expectRefusal(places, "output")

        var deep = ForeignGraph.withFeatures()
        deep.constant("five", [5], integers: [0, 96, 2, 2, 4])
        deep.node("Reshape", ["features", "five"], to: "y")
        deep.output("y")
        expectRefusal(deep, "two to four dimensions")
    }

    @Test func refusesGraphsThatDependOnNothing() {
        var graph = ForeignGraph.withPooledFeatures()
        graph.constant("c", [1, 64], [Float](repeating: 1, count: 64))
        graph.node("Identity", ["c"], to: "embedding")
        graph.output("embedding")
        expectRefusal(graph, "does not depend on any input")
    }

    @Test func refusesAnotherSizeThanTheGraphHas() {
        var graph = ForeignGraph.withPooledFeatures()
        graph.output("vector")
        let message = refusal(graph, size: 16)?.message
        #expect(message?.contains("8 pixels a side, not 16") == true)
    }

    @Test func namesOperatorsThatTheEngineLacks() {
        var graph = ForeignGraph.withPooledFeatures()
        graph.nodes.append(
            Wire.text("vector", 1) + Wire.text("y", 2) + Wire.text("Mystery", 4) + Wire.text("com.example", 7))
        graph.output("y")
        expectRefusal(graph, "com.example.Mystery")
    }

    @Test func refusesWeightsInOtherFiles() {
        var graph = ForeignGraph.withPooledFeatures()
        let location = Wire.text("location", 1) + Wire.text("../../etc/passwd", 2)
        graph.constants.append(
            Wire.number(4, 1) + Wire.number(1, 2) + Wire.text("outside", 8) + Wire.bytes(location, 13)
                + Wire.number(1, 14))
        graph.output("vector")
        expectRefusal(graph, "'outside'", "another file", "onnx.save")
    }

    @Test(arguments: [
        (shape: [2, 2], bytes: 12), (shape: [1 << 20, 1 << 20, 1 << 20], bytes: 16), (shape: [-1], bytes: 4),
        (shape: [1 << 62, 4], bytes: 0), (shape: [0, 5], bytes: 4),
    ])
    func refusesConstantsThatAreNotWhole(shape: [Int], bytes: Int) {
        var graph = ForeignGraph.withPooledFeatures()
        graph.constants.append(
            ForeignGraph.tensor("w", shape, type: ForeignGraph.float, raw: [UInt8](repeating: 0, count: bytes)))
        graph.output("vector")
        expectRefusal(graph, "'w'", "byte", code: .damagedCheckpoint)
    }

    @Test func refusesGraphsOutOfOrder() {
        var graph = ForeignGraph.withPooledFeatures()
        graph.node("Add", ["vector", "later"], to: "y")
        graph.node("Identity", ["y"], to: "later")
        graph.output("y")
        expectRefusal(graph, "'later'", code: .damagedCheckpoint)

        var twice = ForeignGraph.withPooledFeatures()
        twice.node("Identity", ["vector"], to: "features")
        twice.output("vector")
        expectRefusal(twice, "'features'", "twice", code: .damagedCheckpoint)

        var nothing = ForeignGraph.withPooledFeatures()
        nothing.output("nowhere")
        expectRefusal(nothing, "'nowhere'", code: .damagedCheckpoint)
    }

    @Test func refusesGraphsThatAreTooDeep() {
        var graph = ForeignGraph.withPooledFeatures()
        var value = "vector"
        for index in 0..<20_001 { value = graph.node("Relu", [value], to: "r\(index)") }
        graph.output(value)
        expectRefusal(graph, "20000 nodes")
    }

    /// The longest chain that is let through: the engine recurses along it.
    @Test func survivesTheLongestChain() async throws {
        var graph = ForeignGraph.withPooledFeatures()
        var value = "vector"
        for index in 0..<(20_000 - graph.nodes.count) { value = graph.node("Relu", [value], to: "r\(index)") }
        graph.output(value)
        let pool = ThreadPool(name: "test-load", threadCount: 1)
        defer { pool.shutDown() }
        let chain = graph
        let dimension = try await pool.run { try chain.model().description.dimension }
        #expect(dimension == 96)
    }

    @Test func refusesWhatDoesNotFitIntoMemory() throws {
        var graph = ForeignGraph.withPooledFeatures()
        graph.weights("unused", [1024, 1024])
        graph.output("vector")
        let runtime = try OpenVINORuntime(cacheFolder: nil)
        let error = #expect(throws: ModelError.self) {
            _ = try ONNXImageModel(
                graph.file, options: NetworkOptions(), size: 8, runtime: runtime, available: 8 << 20)
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("12 MB") == true && error?.message.contains("8 MB") == true)
        _ = try ONNXImageModel(
            graph.file, options: NetworkOptions(), size: 8, runtime: runtime, available: 64 << 20)
    }

    @Test func refusesWhatIsNoONNX() {
        for bytes in [[], [0], Array("not a graph, but a text".utf8), [UInt8](repeating: 0xFF, count: 64)] {
            let error = #expect(throws: ModelError.self) {
                _ = try ONNXModelFile(CheckpointFile(bytes, name: "odd.onnx"))
            }
            #expect(error?.code == .damagedCheckpoint)
            #expect(error?.message.contains("odd.onnx") == true)
        }
    }

    /// Every cut and every changed byte of a small file: a refusal or a model, never a crash.
    @Test func survivesDamage() throws {
        var graph = ForeignGraph.withPooledFeatures()
        graph.weights("w", [96, 4])
        graph.node("Gemm", ["vector", "w"], to: "y")
        graph.output("y", ["n", 4])
        let whole = graph.bytes
        // The kernel's numbers do not matter to the reader: a sample of them is enough.
        for length in stride(from: 0, to: whole.count, by: 37) { read(Array(whole.prefix(length))) }
        for index in whole.indices where index < 400 || index > whole.count - 600 || index.isMultiple(of: 211) {
            for value in [0x00, 0x7F, 0x80, 0xFF, whole[index] ^ 1] as [UInt8] {
                var bytes = whole
                bytes[index] = value
                read(bytes)
            }
        }
    }

    private func read(_ bytes: [UInt8]) {
        do {
            _ = try ONNXModelFile(CheckpointFile(bytes, name: "damaged.onnx"))
        } catch {
            #expect([.damagedCheckpoint, .unsupportedArchitecture].contains(error.code))
        }
    }

    /// The same through the engine, for files that still look sound: fewer, for each takes a millisecond.
    @Test func survivesDamageInTheEngine() throws {
        var graph = ForeignGraph.withPooledFeatures()
        graph.weights("w", [96, 4])
        graph.node("Gemm", ["vector", "w"], to: "y")
        graph.output("y", ["n", 4])
        let whole = graph.bytes
        let runtime = try OpenVINORuntime(cacheFolder: nil)
        var generator = ModelFixture.Generator(state: 5)
        var tried = 0
        while tried < 300 {
            var bytes = whole
            let index =
                Bool.random(using: &generator)
                ? Int.random(in: 0..<400, using: &generator)
                : whole.count - 1
                    - Int.random(in: 0..<300, using: &generator)
            bytes[index] = UInt8.random(in: 0...255, using: &generator)
            let file = CheckpointFile(bytes, name: "damaged.onnx")
            tried += 1
            do {
                _ = try ONNXImageModel(file, options: NetworkOptions(), size: 8, runtime: runtime)
            } catch {
                #expect([.damagedCheckpoint, .unsupportedArchitecture].contains(error.code))
            }
        }
    }
}
