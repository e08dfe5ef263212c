import Foundation
import SemblanceCore
import SemblanceLab
import SemblanceVision

/// Precisions that a benchmark compares.
enum BenchmarkPrecision: String, CaseIterable, Sendable {
    case f32, bf16, int8
    /// The engine's choice.
    case `default`
}

/// Which models run in which precisions, and which cannot.
struct ModelLineup {
    private(set) var models: [BenchmarkModel] = []
    private(set) var leftOut: [LeftOut] = []
    private let vision: Vision
    private let settings: EngineSettings
    private let options: CommonOptions
    /// What `models quantize` puts behind an id.
    private static let suffix = "-int8"

    /// - Parameter names: `nil` takes every model whose weights are here.
    /// - Throws: `model-unknown`.
    init(
        names: [String]?, precisions: [BenchmarkPrecision], vision: Vision, settings: EngineSettings,
        options: CommonOptions
    ) throws {
        self.vision = vision
        self.settings = settings
        self.options = options
        let known = Dictionary(uniqueKeysWithValues: vision.models.models().map { ($0.modelID, $0) })
        let wanted = try names?.map { try vision.models.manifest(for: $0) } ?? vision.models.manifests
        var taken: Set<String> = []
        for manifest in wanted where taken.insert(manifest.modelID).inserted {
            // The 8-bit form of a model that is here has its place beside it.
            let base = Self.base(of: manifest.modelID)
            if names == nil, base != manifest.modelID, let model = known[base], model.state != .missing { continue }
            add(manifest, precisions, known)
        }
    }

    private static func base(of modelID: String) -> String {
        modelID.hasSuffix(suffix) ? String(modelID.dropLast(suffix.count)) : modelID
    }

    private mutating func add(
        _ manifest: ModelManifest, _ precisions: [BenchmarkPrecision], _ known: [String: ModelDescription]
    ) {
        let modelID = manifest.modelID
        guard known[modelID]?.state != .missing else {
            leftOut.append(LeftOut(name: modelID, reason: "its weights are not on this machine"))
            return
        }
        if manifest.source == .withoutWeights {
            models.append(model(manifest, base: modelID, precision: ""))
        } else if modelID.hasSuffix(Self.suffix) {
            if models.contains(where: { $0.modelID == modelID }) { return }
            models.append(model(manifest, base: Self.base(of: modelID), precision: "int8"))
        } else {
            for precision in precisions { add(manifest, precision, known) }
        }
    }

    private mutating func add(
        _ manifest: ModelManifest, _ precision: BenchmarkPrecision, _ known: [String: ModelDescription]
    ) {
        let modelID = manifest.modelID
        switch precision {
        case .f32, .default: models.append(model(manifest, base: modelID, precision: precision.rawValue))
        case .bf16:
            guard MachineFacts.hasBF16 else {
                leftOut.append(LeftOut(name: "\(modelID) · bf16", reason: "this processor has no instructions for it"))
                return
            }
            models.append(model(manifest, base: modelID, precision: precision.rawValue))
        case .int8:
            let name = modelID + Self.suffix
            guard known[name] != nil, let quantised = try? vision.models.manifest(for: name) else {
                let reason =
                    manifest.needsLicenceAcceptance
                    ? "its licence asks for unmodified use" : "'semblance models quantize \(modelID)' makes it"
                leftOut.append(LeftOut(name: "\(modelID) · int8", reason: reason))
                return
            }
            guard known[name]?.state != .missing else {
                leftOut.append(LeftOut(name: "\(modelID) · int8", reason: "its weights are not on this machine"))
                return
            }
            if models.contains(where: { $0.modelID == name }) { return }
            models.append(model(quantised, base: modelID, precision: "int8"))
        }
    }

    private func model(_ manifest: ModelManifest, base: String, precision: String) -> BenchmarkModel {
        let files = Self.files(of: manifest, vision.models)
        let byteCount = files.reduce(0) { $0 + $1.byteCount }
        // What an 8-bit model does not do in 8 bits, it does as the engine likes best.
        let arithmetic = Precision(rawValue: precision) ?? .default
        let (settings, options) = (settings.with(arithmetic), options)
        return BenchmarkModel(
            base: base, modelID: manifest.modelID, precision: precision,
            fingerprint: Self.fingerprint(of: manifest, files)
        ) {
            // A registry of its own: letting go of it frees the model.
            let vision = try Vision.build(settings, for: options)
            return LoadedModel(
                embedder: try await vision.models.embedder(for: manifest.modelID), byteCount: byteCount)
        }
    }

    /// Files, how they are used, and what computes with them.
    private static func fingerprint(of manifest: ModelManifest, _ files: [(byteCount: Int64, changed: Int)]) -> String {
        let weights = files.map { "\($0.byteCount) \($0.changed)" }.joined(separator: ",")
        let machine = Machine.current
        return [
            weights, "\(manifest.options)", "\(manifest.preprocessing)", Version.current,
            OpenVINORuntime.version() ?? "unknown", machine.processor, "\(machine.coreCount)",
        ].joined(separator: "\n")
    }

    /// Weights and what belongs to them.
    private static func files(
        of manifest: ModelManifest, _ models: ModelRegistry
    ) -> [(byteCount: Int64, changed: Int)] {
        guard let path = try? models.weightsPath(for: manifest.modelID) else { return [] }
        let folder = (path as NSString).deletingLastPathComponent
        return ([path] + manifest.companions.map { "\(folder)/\($0.name)" }).compactMap { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return (Int64(status.st_size), Int(status.st_mtim.tv_sec))
        }
    }
}

extension EngineSettings {
    fileprivate func with(_ precision: Precision) -> EngineSettings {
        EngineSettings(precision: precision, threadCount: threadCount, limits: limits)
    }
}
