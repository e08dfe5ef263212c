import SemblanceCore

/// What a weights file says about itself.
struct RecognisedNetwork {
    let family: String
    let dimension: Int
    let preprocessing: Preprocessing
    let tokenizer: TextTokenizer?
    /// What was found and chosen: whole sentences.
    let notes: [String]

    /// - Parameter family: `nil` asks every family for its tensors.
    /// - Throws: `model-unsupported-architecture` for an unknown family and for a file of none or several, naming
    ///   families and tensors; what reading the file throws.
    init(_ file: CheckpointFile, family: String?, options: NetworkOptions) throws(ModelError) {
        let checkpoint = try Checkpoint.read(file)
        let candidates =
            try family.map { name throws(ModelError) in [try Self.family(named: name)] }
            ?? ArchitectureFamily.all
        let architecture = try Self.architecture(of: checkpoint, among: candidates, options: options)
        self.family = type(of: architecture).family
        dimension = architecture.dimension
        preprocessing = architecture.preprocessing
        _ = try StateDict(checkpoint, expecting: architecture.expectedTensors)
        tokenizer = architecture.hasTextTower ? .clip : nil
        notes = []
    }
}

extension RecognisedNetwork {
    /// What a publisher's own graph says.
    init(_ model: ONNXImageModel) {
        family = ONNXImageModel.family
        dimension = model.description.dimension
        preprocessing = model.description.preprocessing
        tokenizer = nil
        notes = model.description.notes
    }

    private static var families: String {
        (ArchitectureFamily.all.map { $0.family } + [ONNXImageModel.family]).joined(separator: ", ")
    }

    private static func family(named name: String) throws(ModelError) -> any Architecture.Type {
        if let family = ArchitectureFamily.named(name) { return family }
        throw ModelError(
            .unsupportedArchitecture, "There is no family '\(name.prefix(64))'. Families are: \(families).")
    }

    private static func architecture(
        of checkpoint: Checkpoint, among candidates: [any Architecture.Type], options: NetworkOptions
    ) throws(ModelError) -> any Architecture {
        var found: [any Architecture] = []
        var refusals: [ModelError] = []
        for candidate in candidates {
            do {
                if let architecture = try candidate.recognise(checkpoint, options: options) {
                    found.append(architecture)
                }
            } catch {
                refusals.append(error)
            }
        }
        if found.count == 1 { return found[0] }
        // Of one family, but not whole: its own words say more.
        if found.isEmpty, refusals.count == 1 { throw refusals[0] }
        throw found.isEmpty ? unknown(checkpoint) : ambiguous(checkpoint, found)
    }

    private static func unknown(_ checkpoint: Checkpoint) -> ModelError {
        let names = checkpoint.tensors.keys.sorted()
        let shown = names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        return ModelError(
            .unsupportedArchitecture,
            "The tensors in '\(checkpoint.fileName)' are no known family's. Families are: \(families). It has "
                + "\(names.count) tensors: \(names.isEmpty ? "none" : shown)\(names.count > 5 ? ", …" : "").")
    }

    private static func ambiguous(_ checkpoint: Checkpoint, _ found: [any Architecture]) -> ModelError {
        let names = found.map { type(of: $0).family }.joined(separator: ", ")
        return ModelError(
            .unsupportedArchitecture,
            "The tensors in '\(checkpoint.fileName)' could be of several families: \(names). Say which with --family.")
    }
}

extension Preprocessing {
    /// The same with another input size; what is cut off at the edges stays the same share.
    func resized(to size: Int) -> Preprocessing {
        var other = self
        other.size = size
        other.resizeTo = resizeTo.map { ($0 * size + self.size / 2) / self.size }
        return other
    }
}
