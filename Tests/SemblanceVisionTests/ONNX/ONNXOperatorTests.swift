import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Each operator, written as ONNX and run by the engine, against the same in plain loops.
@Suite struct ONNXOperatorTests {
    /// Channels of a picture as numbers.
    struct Planes {
        var channels: Int
        var size: Int
        var values: [Float]

        func callAsFunction(_ channel: Int, _ y: Int, _ x: Int) -> Float {
            guard (0..<size).contains(y), (0..<size).contains(x) else { return 0 }
            return values[(channel * size + y) * size + x]
        }
    }

    private static func picture(_ size: Int) -> (image: PreparedImage, planes: Planes) {
        let image = ModelFixture.picture(2, size: size)
        var planes = Planes(channels: 3, size: size, values: [])
        for channel in 0..<3 {
            for place in 0..<(size * size) { planes.values.append(Float(image.pixels[place * 3 + channel]) - 100) }
        }
        return (image, planes)
    }

    /// Runs a graph whose input is the picture minus 100.
    private static func run(
        size: Int, _ build: (inout ONNXGraph, ONNXGraph.Value) -> ONNXGraph.Value
    ) throws -> [Float] {
        var graph = ONNXGraph(name: "test", input: "pixels", shape: [nil, 3, size, size])
        let value = build(&graph, graph.input)
        graph.output(graph.flatten(value), dimension: 1)
        let runtime = try OpenVINORuntime(cacheFolder: nil)
        // The declared dimension is not the real one: the engine works shapes out by itself.
        let network = try runtime.read(onnx: graph.serialised())
        let pixels = try network.takingPixels(
            Preprocessing(size: size, fit: .pad, mean: [100, 100, 100], deviation: [1, 1, 1]))
        try pixels.fixInput([1, size, size, 3])
        let request = try runtime.compile(pixels, options: EngineOptions(precision: .f32, streamCount: 1)).makeRequest()
        try request.withInput { $0.copyBytes(from: picture(size).image.pixels) }
        try request.start()
        try request.wait()
        return try request.output()
    }

    private static func weights(_ count: Int) -> [Float] {
        var generator = ModelFixture.Generator(state: 7)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }

    private func expectEqual(_ found: [Float], _ expected: [Float]) {
        #expect(found.count == expected.count)
        for (left, right) in zip(found, expected) { #expect(abs(left - right) <= 1e-4 * max(1, abs(right))) }
    }

    @Test(arguments: [7, 8], [3, 5])
    func convolvesWithTensorFlowsPadding(size: Int, kernel: Int) throws {
        let planes = Self.picture(size).planes
        let convolution = Convolution(
            name: "c", shape: [2, 3, kernel, kernel], weights: Self.weights(6 * kernel * kernel), bias: [1, -2])
        for stride in [1, 2] {
            let count = (size + stride - 1) / stride
            let before = max((count - 1) * stride + kernel - size, 0) / 2
            let expected = Self.convolve(planes, convolution, stride: stride, before: before, count: count)
            let found = try Self.run(size: size) { $0.convolution($1, convolution, stride: stride) }
            expectEqual(found, expected)
        }
    }

    @Test func convolvesWithSymmetricPaddingAndEachChannelAlone() throws {
        let planes = Self.picture(8).planes
        let convolution = Convolution(name: "c", shape: [3, 1, 3, 3], weights: Self.weights(27), bias: [0, 1, 2])
        let expected = Self.convolve(planes, convolution, stride: 2, before: 1, count: 4, isDepthwise: true)
        let found = try Self.run(size: 8) {
            $0.convolution($1, convolution, stride: 2, padding: .symmetric(1), groups: 3)
        }
        expectEqual(found, expected)
    }

    private static func convolve(
        _ planes: Planes, _ convolution: Convolution, stride: Int, before: Int, count: Int, isDepthwise: Bool = false
    ) -> [Float] {
        let (outputs, inputs, kernel) = (convolution.shape[0], convolution.shape[1], convolution.shape[2])
        var result: [Float] = []
        for output in 0..<outputs {
            for y in 0..<count {
                for x in 0..<count {
                    var sum = Double(convolution.bias[output])
                    for input in 0..<inputs {
                        for i in 0..<kernel {
                            for j in 0..<kernel {
                                let weight = convolution.weights[((output * inputs + input) * kernel + i) * kernel + j]
                                let channel = isDepthwise ? output : input
                                sum += Double(
                                    weight * planes(channel, y * stride + i - before, x * stride + j - before))
                            }
                        }
                    }
                    result.append(Float(sum))
                }
            }
        }
        return result
    }

    @Test func clips() throws {
        let planes = Self.picture(8).planes
        expectEqual(try Self.run(size: 8) { $0.relu($1) }, planes.values.map { max($0, 0) })
        expectEqual(try Self.run(size: 8) { $0.relu6($1) }, planes.values.map { min(max($0, 0), 6) })
    }

    @Test func adds() throws {
        let planes = Self.picture(8).planes
        let found = try Self.run(size: 8) { graph, value in graph.add(value, graph.relu(value)) }
        expectEqual(found, planes.values.map { $0 + max($0, 0) })
    }

    @Test func pools() throws {
        let planes = Self.picture(8).planes
        let means = (0..<3).map { channel in planes.values[(channel * 64)..<(channel * 64 + 64)].reduce(0, +) / 64 }
        expectEqual(try Self.run(size: 8) { $0.globalAveragePool($1) }, means)
        var largest: [Float] = []
        for channel in 0..<3 {
            for y in 0..<4 {
                for x in 0..<4 {
                    let places = [(0, 0), (0, 1), (1, 0), (1, 1)]
                    largest.append(places.map { planes(channel, 2 * y + $0.0, 2 * x + $0.1) }.max() ?? 0)
                }
            }
        }
        let found = try Self.run(size: 8) { $0.maximumPool($1, size: 2, stride: 2, padding: .symmetric(0)) }
        expectEqual(found, largest)
    }

    /// Windows that overlap (8 → 3, 8 → 5), that do not (8 → 4), and that repeat places (8 → 11).
    @Test(arguments: [1, 3, 4, 5, 8, 11])
    func poolsAdaptively(count: Int) throws {
        let planes = Self.picture(8).planes
        var expected: [Float] = []
        for channel in 0..<3 {
            for y in 0..<count {
                for x in 0..<count {
                    // As PyTorch documents it: from ⌊i · 8 / n⌋ up to ⌈(i + 1) · 8 / n⌉.
                    let rows = (y * 8 / count)..<Int((Double(y + 1) * 8 / Double(count)).rounded(.up))
                    let columns = (x * 8 / count)..<Int((Double(x + 1) * 8 / Double(count)).rounded(.up))
                    let sum = rows.reduce(Float(0)) { sum, row in
                        columns.reduce(sum) { $0 + planes(channel, row, $1) }
                    }
                    expected.append(sum / Float(rows.count * columns.count))
                }
            }
        }
        expectEqual(try Self.run(size: 8) { $0.adaptiveAveragePool($1, from: 8, to: count) }, expected)
    }

    @Test func poolsByTheGeneralisedMean() throws {
        let planes = Self.picture(8).planes
        let expected = (0..<3).map { channel in
            let cubes = planes.values[(channel * 64)..<(channel * 64 + 64)].map { pow(Double(max($0, 1e-6)), 3) }
            return Float(cbrt(cubes.reduce(0, +) / 64))
        }
        expectEqual(try Self.run(size: 8) { $0.generalisedMeanPool($1) }, expected)
    }

    @Test func connectsFully() throws {
        let planes = Self.picture(8).planes
        let weights = Self.weights(2 * 192)
        let expected = (0..<2).map { output in
            zip(planes.values, weights[(output * 192)..<(output * 192 + 192)]).reduce([10, 20][output]) {
                $0 + $1.0 * $1.1
            }
        }
        let found = try Self.run(size: 8) { graph, value in
            graph.fullyConnected(
                graph.flatten(value), name: "fc", outputs: 2, inputs: 192, weights: weights, bias: [10, 20])
        }
        #expect(found.count == 2)
        for (left, right) in zip(found, expected) { #expect(abs(left - right) < 0.05) }
    }

    @Test func namesAreUnique() {
        var graph = ONNXGraph(name: "test", input: "relu", shape: [nil, 3, 8, 8])
        let first = graph.relu(graph.input)
        let second = graph.relu(first)
        #expect(Set([graph.input, first, second]).count == 3)
    }
}
