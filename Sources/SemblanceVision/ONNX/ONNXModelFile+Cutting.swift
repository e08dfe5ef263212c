import Foundation
import SemblanceCore

/// The part of a file's graph that an output needs.
struct ONNXSubgraph {
    /// Indices of nodes, in the file's order.
    let nodes: [Int]
    /// Every value that they read, and the output.
    let values: Set<String>
}

extension ONNXModelFile {
    /// Everything that a value depends on. A node with graphs of its own may read any value: then all that was written
    /// before it counts.
    func subgraph(of value: String) -> ONNXSubgraph {
        var needed: Set<String> = [value]
        var kept: [Int] = []
        var keepsAll = false
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            guard keepsAll || node.outputs.contains(where: needed.contains) else { continue }
            kept.append(index)
            needed.formUnion(node.inputs)
            keepsAll = keepsAll || node.hasSubgraph
        }
        if keepsAll { needed.formUnion(constants.keys) }
        return ONNXSubgraph(nodes: kept.reversed(), values: needed)
    }

    /// The file's bytes as they are, without a copy: they live as long as the data does.
    var wholeBytes: Data {
        guard let base = file.bytes.baseAddress else { return Data() }
        let file = file
        return Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: file.bytes.count,
            deallocator: .custom { _, _ in withExtendedLifetime(file) {} })
    }

    /// The bytes of a file whose one output is another value: nodes, constants and inputs that it does not need are
    /// left out, and `appended` nodes follow.
    /// - Parameter output: the value that the last of them writes.
    func bytes(keeping subgraph: ONNXSubgraph, appended: [[UInt8]], output: String) throws(ModelError) -> Data {
        defer { withExtendedLifetime(file) {} }
        var tail = ProtobufWriter()
        for node in appended { tail.content(node, field: 1) }
        tail.content(Self.description(ofOutput: output), field: 12)
        let places = try graphPlaces(keeping: subgraph)
        var header = ProtobufWriter()
        header.header(of: places.reduce(tail.bytes.count) { $0 + $1.count }, field: 7)

        var data = Data(capacity: file.bytes.count)
        data.append(contentsOf: file.bytes[0..<graphField.lowerBound])
        data.append(contentsOf: header.bytes)
        for place in places { data.append(contentsOf: file.bytes[place]) }
        data.append(contentsOf: tail.bytes)
        data.append(contentsOf: file.bytes[graphField.upperBound...])
        return data
    }

    /// The fields of the graph that stay. Shapes of inner values are left out: the engine finds them itself, and a
    /// fixed number of images in them would be wrong for another.
    private func graphPlaces(keeping subgraph: ONNXSubgraph) throws(ModelError) -> [Range<Int>] {
        let kept = Set(
            subgraph.nodes.map { nodes[$0].place.lowerBound }
                + inputs.filter { subgraph.values.contains($0.name) }.map(\.place.lowerBound)
                + constants.values.filter { subgraph.values.contains($0.name) }.map(\.place.lowerBound))
        var places: [Range<Int>] = []
        var reader = ProtobufReader(file.bytes, in: graph)
        while let field = try reader.next(of: "the graph") {
            switch field.number {
            case 1, 5, 11: if kept.contains(field.place.lowerBound) { places.append(field.place) }
            case 12, 13, 14: break
            default: places.append(field.place)
            }
        }
        return places
    }

    /// A Float32 output of any shape.
    private static func description(ofOutput name: String) -> [UInt8] {
        var tensor = ProtobufWriter()
        tensor.number(1, field: 1)
        var type = ProtobufWriter()
        type.content(tensor.bytes, field: 1)
        var output = ProtobufWriter()
        output.text(name, field: 1)
        output.content(type.bytes, field: 2)
        return output.bytes
    }
}
