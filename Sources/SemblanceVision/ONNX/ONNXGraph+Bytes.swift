import Foundation
import SemblanceCore
import SwiftProtobuf

/// Writing an ONNX file. A network's weights are nearly all of it, and protobuf's own writer would need each of them
/// three times: as an array, as a message and as bytes. So the frame around them is written by hand, and each constant
/// is let go as soon as it is among the bytes.
extension ONNXGraph {
    /// A tensor that the file holds.
    struct Constant: Sendable {
        enum Elements: Sendable {
            case floats([Float])
            case integers([Int64])
        }

        let name: String
        let shape: [Int]
        var elements: Elements

        var byteCount: Int {
            switch elements {
            case .floats(let values): values.count * MemoryLayout<Float>.size
            case .integers(let values): values.count * MemoryLayout<Int64>.size
            }
        }

        /// The message up to its elements.
        var head: ONNXTensorProto {
            var tensor = ONNXTensorProto()
            tensor.name = name
            tensor.dims = shape.map(Int64.init)
            let type: ONNXTensorProto.Element =
                switch elements {
                case .floats: .float
                case .integers: .int64
                }
            tensor.dataType = Int32(type.rawValue)
            return tensor
        }
    }

    /// Numbers of the fields that are written by hand; onnx.proto has them all.
    private enum Field {
        static let modelGraph = 7
        static let graphInitializer = 5
        static let tensorRawData = 9
    }

    /// The bytes of an ONNX file. Takes about as much memory as the weights: what nobody else holds of the graph is
    /// let go on the way.
    /// - Throws: `model-unsupported-architecture` if the graph is larger than the format allows (2 GB).
    package consuming func serialised() throws(ModelError) -> Data {
        let file = try Self.bytes(of: fileHead)
        let graph = try Self.bytes(of: proto)
        let heads = try constants.map { constant throws(ModelError) in try Self.bytes(of: constant.head) }
        let tensorCounts = zip(heads, constants).map { head, constant in
            head.count + ProtobufFrame.byteCount(Field.tensorRawData, holding: constant.byteCount)
        }
        let graphCount = tensorCounts.reduce(graph.count) { count, tensor in
            count + ProtobufFrame.byteCount(Field.graphInitializer, holding: tensor)
        }
        let total = file.count + ProtobufFrame.byteCount(Field.modelGraph, holding: graphCount)
        guard total <= Int(Int32.max) else {
            throw ModelError(
                .unsupportedArchitecture,
                "The model's graph could not be written: expected at most 2 GB of weights, not \(total) bytes.")
        }
        var frame = ProtobufFrame(capacity: total)
        frame.append(file)
        frame.open(Field.modelGraph, byteCount: graphCount)
        frame.append(graph)
        for index in constants.indices {
            frame.open(Field.graphInitializer, byteCount: tensorCounts[index])
            frame.append(heads[index])
            frame.open(Field.tensorRawData, byteCount: constants[index].byteCount)
            frame.append(constants[index].elements)
            constants[index].elements = .floats([])
        }
        return frame.data
    }

    private var fileHead: ONNXModelProto {
        var model = ONNXModelProto()
        model.irVersion = 8
        model.producerName = "semblance"
        var operators = ONNXOperatorSetProto()
        operators.version = Self.operatorSetVersion
        model.opsetImport = [operators]
        return model
    }

    private static func bytes(of message: some Message) throws(ModelError) -> Data {
        do {
            return try message.serializedData()
        } catch {
            throw ModelError(
                .unsupportedArchitecture, "The model's graph could not be written.", underlying: error)
        }
    }
}

/// Protobuf's bytes, written in order; the length of each message must be known when it is opened.
private struct ProtobufFrame {
    private(set) var data: Data

    init(capacity: Int) {
        data = Data(capacity: capacity)
    }

    /// Bytes of a field that holds so many bytes.
    static func byteCount(_ field: Int, holding count: Int) -> Int {
        varint(UInt64(field) << 3 | 2).count + varint(UInt64(count)).count + count
    }

    /// Begins a field whose content, of so many bytes, follows.
    mutating func open(_ field: Int, byteCount: Int) {
        data.append(contentsOf: Self.varint(UInt64(field) << 3 | 2))
        data.append(contentsOf: Self.varint(UInt64(byteCount)))
    }

    mutating func append(_ bytes: Data) {
        data.append(bytes)
    }

    /// Every machine that OpenVINO runs on is little-endian, as the format demands.
    mutating func append(_ elements: ONNXGraph.Constant.Elements) {
        switch elements {
        case .floats(let values): values.withUnsafeBytes { data.append(contentsOf: $0) }
        case .integers(let values): values.withUnsafeBytes { data.append(contentsOf: $0) }
        }
    }

    /// Seven bits a byte, the lowest first.
    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
