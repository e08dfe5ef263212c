/// The arithmetic that the engine may use inside a network. Inputs and embeddings are Float32 in any case.
///
/// Precision is not part of a model version: embeddings of one image at two precisions are nearly the same vector
/// (see docs), and `default` means different arithmetic on different processors, so that a data folder could not move
/// between machines otherwise.
public enum Precision: String, Hashable, Sendable, Codable, CaseIterable {
    /// The engine's choice for this processor: bfloat16 where it has instructions for it, else Float32.
    case `default`
    /// Float32 throughout.
    case f32
    /// bfloat16; slower than Float32 on a processor without instructions for it.
    case bf16
}
