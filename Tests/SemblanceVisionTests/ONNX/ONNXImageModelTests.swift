import Foundation
import SemblanceCore
import SemblanceVision
import Testing

@Suite struct ONNXImageModelTests {
    private func expectEqual(_ left: [Embedding], _ right: [Embedding]) {
        let agreement = ModelFixture.agreement(of: left, with: right)
        #expect(agreement.plain > 0.99999 && agreement.centred > 0.99999, "\(agreement)")
    }

    /// Ways in which published classifiers end, behind a vector of 96 features.
    static let classifiers: [(name: String, end: @Sendable (inout ForeignGraph) -> String)] = [
        (
            "Gemm and Softmax",
            { graph in
                graph.weights("w", [70, 96])
                graph.weights("b", [70])
                graph.node("Gemm", ["vector", "w", "b"], to: "logits", ["transB": .integer(1)])
                return graph.node("Softmax", ["logits"], to: "y")
            }
        ),
        (
            "MatMul, Add and Softmax",
            { graph in
                graph.weights("w", [96, 70])
                graph.weights("b", [70])
                graph.node("MatMul", ["vector", "w"], to: "product")
                graph.node("Add", ["b", "product"], to: "sum")
                return graph.node("Softmax", ["sum"], to: "y")
            }
        ),
        (
            "Gemm to 1,000 classes",
            { graph in
                graph.weights("w", [96, 1000])
                return graph.node("Gemm", ["vector", "w"], to: "y")
            }
        ),
        (
            "dropout before Gemm to two classes",
            { graph in
                graph.node("Dropout", ["vector"], to: "dropped")
                graph.weights("w", [96, 2])
                return graph.node("Gemm", ["dropped", "w"], to: "y")
            }
        ),
        (
            "an output by the name of logits",
            { graph in
                graph.weights("w", [96, 512])
                return graph.node("MatMul", ["vector", "w"], to: "logits")
            }
        ),
        (
            "1×1 convolution on pooled features",
            { graph in
                graph.weights("w", [1000, 96, 1, 1])
                graph.node("Conv", ["pooled", "w"], to: "scores")
                return graph.node("Flatten", ["scores"], to: "y")
            }
        ),
        (
            "1×1 convolution, then pooling",
            { graph in
                graph.weights("w", [70, 96, 1, 1])
                graph.node("Conv", ["features", "w"], to: "map")
                graph.node("Relu", ["map"], to: "active")
                graph.node("GlobalAveragePool", ["active"], to: "scores")
                graph.node("Flatten", ["scores"], to: "flat")
                return graph.node("Softmax", ["flat"], to: "y")
            }
        ),
    ]

    @Test(arguments: classifiers.indices)
    func cutsClassifiersAtTheirFeatures(index: Int) throws {
        var plain = ForeignGraph.withPooledFeatures()
        plain.output("vector")
        var graph = ForeignGraph.withPooledFeatures()
        graph.output(Self.classifiers[index].end(&graph))
        let description = try graph.model().description
        #expect(description.dimension == 96, "\(Self.classifiers[index].name)")
        #expect(description.notes.contains { $0.contains("classifier") })
        expectEqual(try graph.embeddings(), try plain.embeddings())
    }

    @Test func keepsTheLastLayerOfAnEmbedding() throws {
        var graph = ForeignGraph.withPooledFeatures()
        graph.weights("w", [96, 128])
        graph.node("MatMul", ["vector", "w"], to: "projected")
        graph.output("projected", ["n", 128])
        let model = try graph.model()
        #expect(model.description.dimension == 128)
        #expect(model.description.outputName == "projected")
        // Nothing needs to change, so the engine gets the publisher's bytes.
        guard case .onnx(let bytes) = model.network.body else {
            Issue.record("expected ONNX")
            return
        }
        #expect(Array(bytes) == graph.bytes)
    }

    @Test func takesTheOutputThatIsAskedFor() throws {
        var graph = ForeignGraph.withPooledFeatures()
        graph.weights("w", [96, 70])
        graph.node("Gemm", ["vector", "w"], to: "y")
        graph.output("y")
        #expect(try graph.model(output: "y").description.dimension == 70)
        #expect(try graph.model(output: "vector").description.dimension == 96)
        let error = #expect(throws: ModelError.self) { _ = try graph.model(output: "nowhere") }
        #expect(error?.code == .unsupportedArchitecture)
        #expect(error?.message.contains("'nowhere'") == true && error?.message.contains("'y'") == true)
    }

    @Test func prefersEmbeddingsByName() throws {
        var graph = ForeignGraph.withPooledFeatures()
        graph.weights("w", [96, 64])
        graph.node("MatMul", ["vector", "w"], to: "image_embeds")
        graph.input("token_ids", ["n", 77], type: ForeignGraph.int64)
        graph.node("Cast", ["token_ids"], to: "text_embeds", ["to": .integer(1)])
        graph.node("Identity", ["features"], to: "last_hidden_state")
        for name in ["last_hidden_state", "text_embeds", "image_embeds"] { graph.output(name) }
        let description = try graph.model().description
        #expect(description.outputName == "image_embeds")
        #expect(description.dimension == 64)
        #expect(try graph.embeddings().count == ModelFixture.pictureCount)
    }

    @Test(
        arguments: [
            (shape: ["n", 3, 8, 8], layout: NetworkInput.Layout.nchw, size: 8),
            (shape: [1, 3, 8, 8], layout: .nchw, size: 8), (shape: ["n", 8, 8, 3], layout: .nhwc, size: 8),
            (shape: ["n", "c", "h", "w"], layout: .nchw, size: 224),
            (shape: ["n", "h", "w", "channels"], layout: .nhwc, size: 224),
            (shape: ["n", 3, "h", "w"], layout: .nchw, size: 224),
            (shape: ["n", "h", "w", 3], layout: .nhwc, size: 224),
        ] as [(shape: [ForeignGraph.Dimension], layout: NetworkInput.Layout, size: Int)])
    func findsTheLayout(shape: [ForeignGraph.Dimension], layout: NetworkInput.Layout, size: Int) throws {
        var graph = ForeignGraph.withPooledFeatures(shape, layout: layout)
        graph.output("vector")
        let description = try graph.model().description
        #expect(description.input.layout == layout)
        #expect(description.size == size)
        #expect(description.takesAnySize == (size == 224))
        var plain = ForeignGraph.withPooledFeatures()
        plain.output("vector")
        expectEqual(try graph.embeddings(), try plain.embeddings())
    }

    /// A network that takes bytes normalises them itself.
    @Test func takesBytes() throws {
        var bytes = ForeignGraph()
        bytes.input("picture", ["n", 8, 8, 3], type: ForeignGraph.uint8)
        bytes.node("Cast", ["picture"], to: "numbers", ["to": .integer(1)])
        bytes.constant("mean", [], [120])
        bytes.constant("deviation", [], [60])
        bytes.node("Sub", ["numbers", "mean"], to: "centred")
        bytes.node("Div", ["centred", "deviation"], to: "scaled")
        bytes.node("Transpose", ["scaled"], to: "turned", ["perm": .integers([0, 3, 1, 2])])
        bytes.weights("kernel", [96, 3, 3, 3])
        bytes.node(
            "Conv", ["turned", "kernel"], to: "convolved",
            ["strides": .integers([2, 2]), "pads": .integers([1, 1, 1, 1])])
        bytes.node("Relu", ["convolved"], to: "features")
        bytes.node("GlobalAveragePool", ["features"], to: "pooled")
        bytes.output("pooled")
        let description = try bytes.model().description
        #expect(description.input == NetworkInput(layout: .nhwc, element: .uint8))
        #expect(description.preprocessing.deviation == [1, 1, 1])
        var plain = ForeignGraph.withPooledFeatures()
        plain.output("vector")
        expectEqual(try bytes.embeddings(mean: 0, deviation: 1), try plain.embeddings())
        let error = #expect(throws: ModelError.self) { _ = try bytes.embeddings() }
        #expect(error?.code == .invalidManifest)
    }

    /// Half-precision graphs are given and give Float32 all the same.
    @Test func takesHalfPrecision() throws {
        var half = ForeignGraph()
        half.input("picture", ["n", 3, 8, 8], type: ForeignGraph.float16)
        half.node("Cast", ["picture"], to: "numbers", ["to": .integer(1)])
        half.weights("kernel", [96, 3, 3, 3])
        half.node(
            "Conv", ["numbers", "kernel"], to: "convolved",
            ["strides": .integers([2, 2]), "pads": .integers([1, 1, 1, 1])])
        half.node("Relu", ["convolved"], to: "features")
        half.node("GlobalAveragePool", ["features"], to: "pooled")
        half.node("Cast", ["pooled"], to: "halves", ["to": .integer(10)])
        half.output("halves", type: ForeignGraph.float16)
        #expect(try half.model().description.input.element == .float16)
        var plain = ForeignGraph.withPooledFeatures()
        plain.output("vector")
        let agreement = ModelFixture.agreement(of: try half.embeddings(), with: try plain.embeddings())
        #expect(agreement.plain > 0.9999, "\(agreement)")
    }

    /// Old exporters fix the number of images.
    @Test func embedsOneAtATimeWhereTheGraphSaysSo() throws {
        var graph = ForeignGraph.withFeatures([1, 3, 8, 8])
        graph.node("GlobalAveragePool", ["features"], to: "pooled")
        graph.constant("shape", [2], integers: [1, 96])
        graph.node("Reshape", ["pooled", "shape"], to: "vector")
        graph.output("vector")
        let model = try graph.model()
        #expect(!model.network.takesBatches)
        var plain = ForeignGraph.withPooledFeatures()
        plain.output("vector")
        expectEqual(try graph.embeddings(), try plain.embeddings())
    }
}

@Suite struct ONNXPoolingTests {
    /// The features as tokens, row by row, with a class token of the first place before them if asked for.
    private func tokens(withClassToken: Bool) -> ForeignGraph {
        var graph = ForeignGraph.withFeatures()
        graph.constant("places", [3], integers: [0, 96, 16])
        graph.node("Reshape", ["features", "places"], to: "rows")
        graph.node("Transpose", ["rows"], to: "tokens", ["perm": .integers([0, 2, 1])])
        if withClassToken {
            graph.constant("first", [1], integers: [5])
            graph.node("Gather", ["tokens", "first"], to: "class", ["axis": .integer(1)])
            graph.node("Concat", ["class", "tokens"], to: "sequence", ["axis": .integer(1)])
        }
        graph.output(withClassToken ? "sequence" : "tokens")
        return graph
    }

    @Test func poolsTokensByWhatTheyAre() throws {
        #expect(try tokens(withClassToken: true).model().description.pooling == .cls)
        #expect(try tokens(withClassToken: false).model().description.pooling == .mean)
        #expect(try tokens(withClassToken: true).model(pooling: .gem).description.pooling == .gem)
        #expect(try tokens(withClassToken: true).model().description.dimension == 96)
    }

    @Test func takesTheClassToken() throws {
        var expected = ForeignGraph.withFeatures()
        expected.constant("places", [3], integers: [0, 96, 16])
        expected.node("Reshape", ["features", "places"], to: "rows")
        expected.constant("fifth", [], integers: [5])
        expected.node("Gather", ["rows", "fifth"], to: "vector", ["axis": .integer(2)])
        expected.output("vector")
        let found = try tokens(withClassToken: true).embeddings()
        #expect(ModelFixture.agreement(of: found, with: try expected.embeddings()).centred > 0.99999)
    }

    /// The three ways to lay out the same features give the same vectors.
    @Test(arguments: [NetworkOptions.Pooling.mean, .gem])
    func poolsPlaces(pooling: NetworkOptions.Pooling) throws {
        var map = ForeignGraph.withFeatures()
        map.output("features")
        var last = ForeignGraph.withFeatures()
        last.node("Transpose", ["features"], to: "last", ["perm": .integers([0, 2, 3, 1])])
        last.output("last")
        let expected = try tokens(withClassToken: false).embeddings(pooling: pooling)
        for graph in [map, last] {
            #expect(try graph.model(pooling: pooling).description.dimension == 96)
            let found = try graph.embeddings(pooling: pooling)
            #expect(ModelFixture.agreement(of: found, with: expected).centred > 0.99999)
        }
        var mean = ForeignGraph.withPooledFeatures()
        mean.output("vector")
        let agreement = ModelFixture.agreement(of: expected, with: try mean.embeddings())
        #expect(pooling == .mean ? agreement.centred > 0.99999 : agreement.centred < 0.999)
    }
}
