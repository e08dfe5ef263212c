import COpenVINO
import SemblanceCore

/// A model that was read and is not compiled yet. Owns its handle.
package struct OpenVINOModel: ~Copyable {
    let handle: OpaquePointer

    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { ov_model_free(handle) }

    /// Fixes the shape of the one input. May be called again.
    ///
    /// The engine lays out memory and chooses kernels for a fixed shape; left open, EfficientNet-Lite ran 8 to 16%
    /// slower.
    package func fixInput(_ sizes: [Int]) throws(ModelError) {
        var shape = ov_partial_shape_t()
        let status = ov_partial_shape_create_static(Int64(sizes.count), sizes.map(Int64.init), &shape)
        try check(status, "describe the model's input")
        defer { ov_partial_shape_free(&shape) }
        try check(ov_model_reshape_single_input(handle, shape), "set the number of images")
    }

    /// The same model with preprocessing inside: it takes bytes, `[images, size, size, 3]`, R, G, B.
    ///
    /// Converting in the graph takes no time that could be measured, and callers hand over a quarter of the bytes.
    /// The model itself is changed, too: call this once.
    package func takingPixels(
        _ preprocessing: Preprocessing, input networkInput: NetworkInput = NetworkInput()
    ) throws(ModelError) -> OpenVINOModel {
        let processor = try makeHandle("prepare the model's input") {
            ov_preprocess_prepostprocessor_create(handle, &$0)
        }
        defer { ov_preprocess_prepostprocessor_free(processor) }
        let input = try makeHandle("prepare the model's input") {
            ov_preprocess_prepostprocessor_get_input_info(processor, &$0)
        }
        defer { ov_preprocess_input_info_free(input) }
        try Self.describeTensor(of: input)
        try Self.addSteps(preprocessing, for: networkInput.element, to: input)
        try Self.describeModel(of: input, layout: networkInput.layout)
        try Self.giveFloats(processor)
        let built = try makeHandle("build the model's input") {
            ov_preprocess_prepostprocessor_build(processor, &$0)
        }
        return OpenVINOModel(owning: built)
    }
}

extension OpenVINOModel {
    private static func describeTensor(of input: OpaquePointer) throws(ModelError) {
        let tensor = try makeHandle("describe the pixels") {
            ov_preprocess_input_info_get_tensor_info(input, &$0)
        }
        defer { ov_preprocess_input_tensor_info_free(tensor) }
        try check(ov_preprocess_input_tensor_info_set_element_type(tensor, U8), "take pixels of 8 bits")
        let layout = try makeHandle("describe the pixels") { ov_layout_create("NHWC", &$0) }
        defer { ov_layout_free(layout) }
        try check(ov_preprocess_input_tensor_info_set_layout(tensor, layout), "take pixels in rows")
    }

    /// Mean and deviation are in the order R, G, B, as the pixels come; a model that wants B, G, R gets them turned
    /// round last.
    private static func addSteps(
        _ preprocessing: Preprocessing, for element: NetworkInput.Element, to input: OpaquePointer
    ) throws(ModelError) {
        let steps = try makeHandle("prepare the model's input") {
            ov_preprocess_input_info_get_preprocess_steps(input, &$0)
        }
        defer { ov_preprocess_preprocess_steps_free(steps) }
        // A network that takes bytes normalises them itself.
        if element != .uint8 { try normalise(preprocessing, in: steps) }
        if preprocessing.channels == .bgr {
            try check(ov_preprocess_preprocess_steps_reverse_channels(steps), "reverse the channels")
        }
    }

    private static func normalise(_ preprocessing: Preprocessing, in steps: OpaquePointer) throws(ModelError) {
        try check(ov_preprocess_preprocess_steps_convert_element_type(steps, F32), "convert pixels")
        try check(
            ov_preprocess_preprocess_steps_mean_multi_channels(
                steps, preprocessing.mean, Int32(preprocessing.mean.count)), "subtract the mean")
        try check(
            ov_preprocess_preprocess_steps_scale_multi_channels(
                steps, preprocessing.deviation, Int32(preprocessing.deviation.count)), "divide by the deviation")
    }

    /// Embeddings leave the network as Float32, whatever it computes in.
    private static func giveFloats(_ processor: OpaquePointer) throws(ModelError) {
        let output = try makeHandle("describe the embedding") {
            ov_preprocess_prepostprocessor_get_output_info(processor, &$0)
        }
        defer { ov_preprocess_output_info_free(output) }
        let tensor = try makeHandle("describe the embedding") {
            ov_preprocess_output_info_get_tensor_info(output, &$0)
        }
        defer { ov_preprocess_output_tensor_info_free(tensor) }
        try check(ov_preprocess_output_set_element_type(tensor, F32), "give the embedding as Float32")
    }

    private static func describeModel(of input: OpaquePointer, layout: NetworkInput.Layout) throws(ModelError) {
        let model = try makeHandle("describe the model's input") {
            ov_preprocess_input_info_get_model_info(input, &$0)
        }
        defer { ov_preprocess_input_model_info_free(model) }
        let layout = try makeHandle("describe the model's input") { ov_layout_create(layout.rawValue, &$0) }
        defer { ov_layout_free(layout) }
        try check(ov_preprocess_input_model_info_set_layout(model, layout), "describe the model's input")
    }
}
