import SemblanceCore

/// A publisher's ONNX file as far as it must be understood to find what goes in and what comes out: its nodes, the
/// names and shapes of its constants, its inputs and outputs. Weights stay in the mapped file.
///
/// (https://github.com/onnx/onnx/blob/main/docs/IR.md)
package struct ONNXModelFile: Sendable {
    /// One operator.
    struct Node: Sendable {
        var name = ""
        var operation = ""
        /// The operator's set; empty is ONNX's own.
        var domain = ""
        /// Names of values; an empty one is an argument that is left out.
        var inputs: [String] = []
        var outputs: [String] = []
        var attributes: [String: Attribute] = [:]
        /// Whether it holds graphs of its own, which may read any value that was written before.
        var hasSubgraph = false
        /// The whole field in the file.
        var place = 0..<0

        /// What to call it in messages.
        var title: String { name.isEmpty ? operation : "\(operation) '\(name.prefix(80))'" }
    }

    /// An argument of an operator, of the kinds that matter here.
    enum Attribute: Sendable {
        case integer(Int64)
        case integers([Int64])
        case tensor(Tensor)
        case other
    }

    /// A constant's name and shape; its elements are only checked to be there.
    struct Tensor: Sendable {
        var name = ""
        var shape: [Int] = []
        /// Number of the element type in ONNX's list (1 is Float32).
        var elementType = 0
        /// The whole field in the file.
        var place = 0..<0
    }

    /// An input or output of the graph.
    struct Port: Sendable {
        var name = ""
        /// Number of the element type in ONNX's list; 0 if the file does not say, or if it is no tensor.
        var elementType = 0
        /// `nil` if the file does not say how many dimensions there are.
        var shape: [Dimension]?
        var place = 0..<0
    }

    /// A place in a shape: a size, or open, by some name.
    enum Dimension: Hashable, Sendable {
        case fixed(Int)
        case open(String)

        var size: Int? { if case .fixed(let size) = self { size } else { nil } }
    }

    let file: CheckpointFile
    /// The field that holds the graph, and the graph itself.
    var graphField = 0..<0
    var graph = 0..<0
    /// In an order in which each follows what it reads.
    var nodes: [Node] = []
    var constants: [String: Tensor] = [:]
    /// Without the constants, which old files list as inputs, too.
    var inputs: [Port] = []
    var outputs: [Port] = []
    /// The node that writes each value.
    private(set) var writers: [String: Int] = [:]

    /// - Throws: `model-checkpoint-damaged` naming the byte or the node; `model-unsupported-architecture` for what is
    ///   sound ONNX but not read here.
    package init(_ file: CheckpointFile) throws(ModelError) {
        self.file = file
        defer { withExtendedLifetime(file) {} }
        do {
            try read()
            inputs.removeAll { constants[$0.name] != nil }
            try connect()
        } catch {
            throw ModelError(
                error.code, "The ONNX file '\(file.name)' was refused: \(error.message)", underlying: error.underlying)
        }
    }

    /// Whether a file begins as ONNX files do: with the IR version, a small number.
    package static func recognises(_ file: CheckpointFile) -> Bool {
        defer { withExtendedLifetime(file) {} }
        return file.bytes.count > 2 && file.bytes[0] == 0x08 && (1...30).contains(file.bytes[1])
    }

    func writer(of value: String) -> Node? { writers[value].map { nodes[$0] } }

    /// Notes which node writes each value.
    private mutating func connect() throws(ModelError) {
        var known = Set(constants.keys).union(inputs.map(\.name))
        for (index, node) in nodes.enumerated() {
            if let missing = node.inputs.first(where: { !$0.isEmpty && !known.contains($0) }) {
                throw ModelError(
                    .damagedCheckpoint,
                    "\(node.title) reads the value '\(missing.prefix(80))', which nothing before it gives.")
            }
            for output in node.outputs where !output.isEmpty {
                guard known.insert(output).inserted else {
                    throw ModelError(
                        .damagedCheckpoint, "the value '\(output.prefix(80))' is given twice, again by \(node.title).")
                }
                writers[output] = index
            }
        }
        for output in outputs where !known.contains(output.name) {
            throw ModelError(.damagedCheckpoint, "nothing gives its output '\(output.name.prefix(80))'.")
        }
    }
}
