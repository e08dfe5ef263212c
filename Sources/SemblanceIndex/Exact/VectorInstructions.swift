import CVectorKernels

/// The instructions that vectors are compared with on this processor.
public enum VectorInstructions {
    /// For people, such as "AVX-512 VNNI".
    public static var name: String { String(cString: cvk_isa_name(cvk_best_isa())) }
}
