import SemblanceCore

extension ONNXModelFile {
    /// The engine's reader recurses along the graph: far above any published model (large transformers have 5,000).
    private static let maximumNodeCount = 20_000
    private static let maximumSubgraphDepth = 4
    /// What the format allows.
    private static let maximumByteCount = 1 << 31

    mutating func read() throws(ModelError) {
        guard file.bytes.count < Self.maximumByteCount else {
            throw Self.unsupported("expected at most 2 GB, not \(file.bytes.count) bytes")
        }
        var reader = ProtobufReader(file.bytes, in: 0..<file.bytes.count)
        while let field = try reader.next(of: "the model") {
            switch (field.number, field.content) {
            case (7, .bytes(let place)):
                guard graph.isEmpty else { throw .damaged(at: field.place.lowerBound, "expected one graph") }
                graphField = field.place
                graph = place
            case (25, _): throw Self.unsupported("it has functions of its own")
            default: break
            }
        }
        guard !graph.isEmpty else { throw .damaged(at: file.bytes.count, "expected a graph, not the end of the data") }
        try readGraph()
        guard !outputs.isEmpty else { throw Self.unsupported("its graph has no output") }
    }

    private mutating func readGraph() throws(ModelError) {
        var reader = ProtobufReader(file.bytes, in: graph)
        while let field = try reader.next(of: "the graph") {
            guard case .bytes(let place) = field.content else { continue }
            switch field.number {
            case 1:
                guard nodes.count < Self.maximumNodeCount else {
                    throw Self.unsupported("expected at most \(Self.maximumNodeCount) nodes")
                }
                nodes.append(try node(in: place, field: field.place, depth: 0))
            case 5:
                let tensor = try tensor(in: place, field: field.place)
                guard constants.updateValue(tensor, forKey: tensor.name) == nil else {
                    throw .damaged(
                        at: place.lowerBound, "the constant '\(tensor.name.prefix(80))' is there twice")
                }
            case 11: inputs.append(try port(in: place, field: field.place))
            case 12: outputs.append(try port(in: place, field: field.place))
            case 15: throw Self.unsupported("it has sparse constants")
            default: break
            }
        }
    }

    private func node(in place: Range<Int>, field: Range<Int>, depth: Int) throws(ModelError) -> Node {
        var node = Node()
        node.place = field
        var reader = ProtobufReader(file.bytes, in: place)
        while let field = try reader.next(of: "a node") {
            guard case .bytes(let place) = field.content else { continue }
            switch field.number {
            case 1: node.inputs.append(try text(place, "a value's name"))
            case 2: node.outputs.append(try text(place, "a value's name"))
            case 3: node.name = try text(place, "a node's name")
            case 4: node.operation = try text(place, "an operator's name")
            case 5: try readAttribute(in: place, of: &node, depth: depth)
            case 7: node.domain = try text(place, "an operator set's name")
            default: break
            }
        }
        return node
    }

    private func readAttribute(in place: Range<Int>, of node: inout Node, depth: Int) throws(ModelError) {
        var name = ""
        var attribute = Attribute.other
        var integers: [Int64] = []
        var reader = ProtobufReader(file.bytes, in: place)
        while let field = try reader.next(of: "an attribute") {
            switch (field.number, field.content) {
            case (1, .bytes(let place)): name = try text(place, "an attribute's name")
            case (3, .number(let number)): attribute = .integer(Int64(bitPattern: number))
            case (5, .bytes(let place)), (10, .bytes(let place)):
                attribute = .tensor(try tensor(in: place, field: field.place))
            case (6, .bytes(let place)), (11, .bytes(let place)):
                node.hasSubgraph = true
                try checkSubgraph(in: place, depth: depth + 1)
            case (8, .number(let number)): integers.append(Int64(bitPattern: number))
            case (8, .bytes(let place)): integers += try packedNumbers(in: place).map(Int64.init(bitPattern:))
            case (22, _), (23, _): throw Self.unsupported("\(node.title) has sparse constants")
            default: break
            }
        }
        if !integers.isEmpty { attribute = .integers(integers) }
        node.attributes[name] = attribute
    }

    /// A loop's or branch's own graph is left to the engine; its constants are checked all the same.
    private func checkSubgraph(in place: Range<Int>, depth: Int) throws(ModelError) {
        guard depth <= Self.maximumSubgraphDepth else {
            throw Self.unsupported("expected graphs within graphs to a depth of \(Self.maximumSubgraphDepth)")
        }
        var reader = ProtobufReader(file.bytes, in: place)
        while let field = try reader.next(of: "a graph within the graph") {
            guard case .bytes(let place) = field.content else { continue }
            switch field.number {
            case 1: _ = try node(in: place, field: field.place, depth: depth)
            case 5: _ = try tensor(in: place, field: field.place)
            default: break
            }
        }
    }
}

extension ONNXModelFile {
    private func port(in place: Range<Int>, field: Range<Int>) throws(ModelError) -> Port {
        var port = Port()
        port.place = field
        var reader = ProtobufReader(file.bytes, in: place)
        while let field = try reader.next(of: "an input or output") {
            switch (field.number, field.content) {
            case (1, .bytes(let place)): port.name = try text(place, "an input's or output's name")
            case (2, .bytes(let place)): try readType(in: place, of: &port)
            default: break
            }
        }
        return port
    }

    private func readType(in place: Range<Int>, of port: inout Port) throws(ModelError) {
        var type = ProtobufReader(file.bytes, in: place)
        while let field = try type.next(of: "a type") {
            // Sequences, maps and optional values are no tensors: their element type stays unknown.
            guard field.number == 1, case .bytes(let place) = field.content else { continue }
            var tensor = ProtobufReader(file.bytes, in: place)
            while let field = try tensor.next(of: "a tensor's type") {
                switch (field.number, field.content) {
                case (1, .number(let number)): port.elementType = Int(truncatingIfNeeded: number)
                case (2, .bytes(let place)): port.shape = try shape(in: place)
                default: break
                }
            }
        }
    }

    private func shape(in place: Range<Int>) throws(ModelError) -> [Dimension] {
        var shape: [Dimension] = []
        var reader = ProtobufReader(file.bytes, in: place)
        while let field = try reader.next(of: "a shape") {
            guard field.number == 1, case .bytes(let place) = field.content else { continue }
            guard shape.count < 16 else { throw .damaged(at: place.lowerBound, "expected at most 16 dimensions") }
            shape.append(try dimension(in: place))
        }
        return shape
    }

    private func dimension(in place: Range<Int>) throws(ModelError) -> Dimension {
        var dimension = Dimension.open("")
        var reader = ProtobufReader(file.bytes, in: place)
        while let field = try reader.next(of: "a dimension") {
            switch (field.number, field.content) {
            case (1, .number(let number)):
                // Exporters write open dimensions as 0 or −1, too.
                if let size = Int(exactly: number), size > 0 { dimension = .fixed(size) }
            case (2, .bytes(let place)): dimension = .open(try text(place, "a dimension's name"))
            default: break
            }
        }
        return dimension
    }
}

extension ONNXModelFile {
    func text(_ place: Range<Int>, _ what: String) throws(ModelError) -> String {
        var cursor = ByteCursor(file.bytes, at: place.lowerBound)
        return try cursor.text(byteCount: place.count, what)
    }

    func packedNumbers(in place: Range<Int>) throws(ModelError) -> [UInt64] {
        var numbers: [UInt64] = []
        var reader = ProtobufReader(file.bytes, in: place)
        while let number = try reader.nextNumber(of: "a list") { numbers.append(number) }
        return numbers
    }

    static func unsupported(_ text: String) -> ModelError {
        ModelError(.unsupportedArchitecture, text + ".")
    }
}
