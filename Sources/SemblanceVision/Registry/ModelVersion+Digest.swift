import SemblanceCore

extension ModelVersion {
    /// Raised when the same preprocessing would give other pixels than before.
    private static let preprocessingRevision = 1

    /// Names a version by everything that decides its vectors: the weights, the network built from them, and the
    /// preprocessing. The engine's precision is not part of it; `Precision` says why.
    init(
        modelID: String, dimension: Int, weights: ContentHash, family: String, options: NetworkOptions,
        revision: Int, preprocessing: Preprocessing
    ) {
        let text = """
            semblance model version 1
            weights \(weights.hexadecimal)
            network \(family) \(options.canonicalText) revision \(revision)
            preprocessing revision \(Self.preprocessingRevision) \(preprocessing.canonicalText)
            """
        self.init(
            modelID: modelID, digest: ContentHash(hashing: Array(text.utf8)).hexadecimal, dimension: dimension)
    }
}

extension Preprocessing {
    /// Equal preprocessing has equal text, on every machine and in every later version: numbers are written by their
    /// bits, and nothing depends on a JSON library.
    var canonicalText: String {
        func bits(_ values: [Float]) -> String {
            values.map { String($0.bitPattern, radix: 16) }.joined(separator: ",")
        }
        let shorterSide = fit == .crop ? resizeTo ?? size : size
        return "size \(size) fit \(fit.rawValue) resize \(shorterSide) filter \(filter.rawValue) "
            + "channels \(channels.rawValue) mean \(bits(mean)) deviation \(bits(deviation))"
    }

    /// - Throws: `model-invalid-manifest` naming the field that is out of range.
    package func validate() throws(ModelError) {
        func refuse(_ text: String) -> ModelError { ModelError(.invalidManifest, text) }
        guard (8...4096).contains(size) else { throw refuse("'size' must be 8 to 4096 pixels, not \(size)") }
        if let resizeTo, !(size...8192).contains(resizeTo) {
            throw refuse("'resize_to' must be 'size' (\(size)) to 8192 pixels, not \(resizeTo)")
        }
        guard mean.count == 3, mean.allSatisfy(\.isFinite) else {
            throw refuse("'mean' must be three numbers, for R, G and B, in terms of 0 to 255")
        }
        guard deviation.count == 3, deviation.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw refuse("'deviation' must be three numbers above 0, for R, G and B, in terms of 0 to 255")
        }
    }
}
