import COpenVINO
import SemblanceCore

/// An input or output of a model that was read.
struct OpenVINOPort: Hashable, Sendable {
    let name: String
    /// Sizes, `nil` where one is open; `nil` if it is not known how many dimensions there are.
    let shape: [Int?]?
    /// `nil` for a type that pixels cannot have.
    let element: NetworkInput.Element?
}

extension OpenVINOModel {
    func inputs() throws(ModelError) -> [OpenVINOPort] {
        var count = 0
        try check(ov_model_inputs_size(handle, &count), "count the model's inputs")
        var ports: [OpenVINOPort] = []
        for index in 0..<count {
            ports.append(
                try Self.port(
                    makeHandle("describe the model's input") { ov_model_const_input_by_index(handle, index, &$0) }))
        }
        return ports
    }

    func outputs() throws(ModelError) -> [OpenVINOPort] {
        var count = 0
        try check(ov_model_outputs_size(handle, &count), "count the model's outputs")
        var ports: [OpenVINOPort] = []
        for index in 0..<count {
            ports.append(
                try Self.port(
                    makeHandle("describe the model's output") { ov_model_const_output_by_index(handle, index, &$0) }))
        }
        return ports
    }

    /// Describes a port and frees its handle.
    private static func port(_ handle: OpaquePointer) throws(ModelError) -> OpenVINOPort {
        defer { ov_output_const_port_free(handle) }
        var name: UnsafeMutablePointer<CChar>?
        // A port need not have a name.
        let isNamed = ov_port_get_any_name(handle, &name) == OK
        defer { if isNamed { ov_free(name) } }
        var type = DYNAMIC
        try check(ov_port_get_element_type(handle, &type), "tell the type of a port")
        return OpenVINOPort(
            name: isNamed ? name.map { String(cString: $0) } ?? "" : "", shape: try shape(of: handle),
            element: pixelElement(type))
    }

    private static func pixelElement(_ type: ov_element_type_e) -> NetworkInput.Element? {
        switch type {
        case F32: .float32
        case F16: .float16
        case U8: .uint8
        default: nil
        }
    }

    private static func shape(of port: OpaquePointer) throws(ModelError) -> [Int?]? {
        var shape = ov_partial_shape_t()
        try check(ov_port_get_partial_shape(port, &shape), "tell the shape of a port")
        defer { ov_partial_shape_free(&shape) }
        guard shape.rank.min == shape.rank.max, let dimensions = shape.dims else {
            return shape.rank.min == 0 && shape.rank.max == 0 ? [] : nil
        }
        return (0..<Int(shape.rank.max)).map { index in
            let dimension = dimensions[index]
            return dimension.min == dimension.max && dimension.min >= 0 ? Int(dimension.min) : nil
        }
    }
}
