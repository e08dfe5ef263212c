import Foundation
import SemblanceCore

extension ModelRegistry {
    /// Fewest pictures to calibrate with: with fewer, the ranges of numbers are guesses.
    public static let fewestCalibrationPictures = 16
    /// Fewest pictures to compare with.
    public static let fewestHeldOutPictures = 4

    /// Makes an 8-bit model of a float one and stores it in the data folder. Cancelling the task ends it; nothing
    /// half-made is left.
    /// - Parameters:
    ///   - pictures: what the model will see, prepared by its preprocessing.
    ///   - heldOut: other pictures, to compare with.
    ///   - newID: by default the id with `-int8` behind it.
    /// - Throws: `ModelError`: `model-too-few-images`, `model-quantisation-failed`, `model-download-failed`, and what
    ///   loading and storing throw; `StoreError`; `CancellationError`.
    public func quantise(
        _ modelID: String, pictures: [PreparedImage], heldOut: [PreparedImage], as newID: String? = nil,
        isReplacing: Bool = false, progress: @escaping @Sendable (QuantisationStep) -> Void = { _ in }
    ) async throws -> (model: ModelManifest, comparison: QuantisationComparison) {
        let base = try manifest(for: modelID)
        try Self.check(base, pictures: pictures, heldOut: heldOut)
        let newID = newID ?? "\(base.modelID)-int8"
        try checkNew(newID, replacing: isReplacing)
        let network = try await loading.run { [self] in try loader.network(of: base).network }
        let quantisation = Quantisation(
            network, preprocessing: base.preprocessing,
            environment: QuantisationEnvironment(
                cacheFolder: configuration.cacheFolder, pythonPath: configuration.pythonPath,
                isOffline: configuration.isOffline), progress: progress)
        return try await withTaskCancellationHandler {
            try await pulling.run { [self] in
                defer { quantisation.remove() }
                try quantisation.run(pictures)
                progress(.comparing)
                let manifest = Self.manifest(of: base, as: newID, dimension: network.dimension, quantisation)
                let comparison = try compare(base, with: manifest, quantisation, heldOut)
                let stored = try store(
                    manifest, files: [quantisation.graphPath, quantisation.weightsPath], replacing: isReplacing)
                return (stored.manifest, comparison)
            }
        } onCancel: {
            quantisation.cancel()
        }
    }

    private static func check(
        _ base: ModelManifest, pictures: [PreparedImage], heldOut: [PreparedImage]
    ) throws(ModelError) {
        guard base.source != .withoutWeights else {
            throw ModelError(
                .quantisationFailed,
                "The model '\(base.modelID)' is computed from pixels and has no network that could be made smaller.")
        }
        guard !base.needsLicenceAcceptance else {
            throw ModelError(
                .quantisationFailed,
                "The licence of '\(base.modelID)' asks that its file is used as it is: no other model is made of it.")
        }
        guard pictures.count >= fewestCalibrationPictures, heldOut.count >= fewestHeldOutPictures else {
            throw ModelError(
                .tooFewImages,
                "Expected at least \(fewestCalibrationPictures + fewestHeldOutPictures) pictures that can be read "
                    + "(\(fewestCalibrationPictures) to calibrate with and \(fewestHeldOutPictures) others to compare "
                    + "with), not \(pictures.count + heldOut.count). Index pictures first, or name a folder with "
                    + "--calibration.")
        }
    }

    private static func manifest(
        of base: ModelManifest, as newID: String, dimension: Int, _ quantisation: Quantisation
    ) -> ModelManifest {
        ModelManifest(
            modelID: newID, family: OpenVINOImageModel.family,
            source: .file(path: quantisation.graphPath), dimension: dimension, licence: base.licence,
            summary: "'\(base.modelID)' in 8-bit numbers, made by NNCF.", preprocessing: base.preprocessing,
            origin: .added)
    }

    private func compare(
        _ base: ModelManifest, with manifest: ModelManifest, _ quantisation: Quantisation, _ heldOut: [PreparedImage]
    ) throws -> QuantisationComparison {
        let sizes = [quantisation.graphPath, quantisation.weightsPath].compactMap(DurableFile.byteCount)
        return try QuantisationComparison(
            base: loader.load(base), baseByteCount: files.byteCount(of: base) ?? 0, quantised: loader.load(manifest),
            byteCount: sizes.reduce(0, +), heldOut: heldOut)
    }
}
