import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// The frame around the weights is written by hand: here it is read by the rules of protobuf alone.
@Suite struct ONNXBytesTests {
    /// The length-delimited fields of a message with a number, in order; others are stepped over.
    private func fields(_ number: Int, of message: Data) throws -> [Data] {
        var rest = message[...]
        var found: [Data] = []
        func varint() throws -> Int {
            var value = 0
            for shift in stride(from: 0, to: 63, by: 7) {
                let next = rest.popFirst()
                let byte = try #require(next)
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            throw ModelError(.engineFailed, "a number of more than 63 bits")
        }
        while !rest.isEmpty {
            let tag = try varint()
            let length = try varint()
            guard tag & 7 == 2 else {
                #expect(tag & 7 == 0)
                continue
            }
            let content = Data(rest.prefix(length))
            #expect(content.count == length)
            rest = rest.dropFirst(length)
            if tag >> 3 == number { found.append(content) }
        }
        return found
    }

    private func graph(_ values: [Float]) -> ONNXGraph {
        var graph = ONNXGraph(name: "test", input: "pixels", shape: [nil, 3, 8, 8])
        _ = graph.constant("weights", shape: [values.count], values)
        _ = graph.constant("shape", shape: [2], integers: [1, -2])
        graph.output(graph.relu(graph.input), dimension: 1)
        return graph
    }

    @Test(arguments: [0, 1, 31, 32, 4096, 600_000])
    func holdsEachConstantOnce(count: Int) throws {
        let values = (0..<count).map(Float.init)
        let file = try graph(values).serialised()
        let graphs = try fields(7, of: file)
        try #require(graphs.count == 1)
        let tensors = try fields(5, of: graphs[0])
        try #require(tensors.count == 2)
        #expect(try fields(9, of: tensors[0]) == [values.withUnsafeBytes { Data($0) }])
        #expect(try fields(8, of: tensors[0]) == [Data("weights".utf8)])
        #expect(try fields(9, of: tensors[1]) == [[Int64(1), -2].withUnsafeBytes { Data($0) }])
        #expect(try fields(1, of: graphs[0]).count == 1)
    }

    /// Letting weights go while they are written must not empty a graph that someone still holds.
    @Test func canBeWrittenTwice() throws {
        let graph = graph([1, 2, 3])
        let first = try graph.serialised()
        #expect(try graph.serialised() == first)
    }
}
