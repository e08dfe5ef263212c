import Hummingbird
import Logging
import SemblanceCore
import SemblanceEngine

/// What routes work with.
struct Services: Sendable {
    let engine: Engine
    let configuration: ServerConfiguration
    let version: String
    let readiness: Readiness
    let metrics: ServerMetrics
    let uploads: UploadReceiver
    let web: WebAssets
    let fetching: FetchingSearches
    let files = FileIO()
    /// Event streams and polls.
    let waitingClients: Slots
    /// Each may compare all images with all.
    let comparisons = Slots(2, of: "searches for duplicates")
    let startedAt = ContinuousClock.now

    var limits: DecodingLimits { engine.configuration.limits }

    func jsonBody(of request: Request) async throws -> JSONMembers {
        try await request.jsonBody(upTo: configuration.maximumJSONByteCount)
    }

    /// The model to embed images with for a catalogue that need not exist yet: the one named, else the catalogue's, else
    /// the default.
    func model(_ named: String?, forCatalogue name: String) async throws -> String {
        if let named { return named }
        do {
            return try await engine.catalogue(named: name).modelID
        } catch let error as StoreError where error.code == .unknownCatalogue {
            return engine.defaultModelID
        }
    }

    /// Hands a received upload to ingestion.
    func ingest(_ form: ReceivedForm, into catalogue: String, modelID: String?, metadata: JSONValue) async throws -> Job
    {
        do {
            guard case .listed(let path, _) = form.files else {
                throw RequestError(.missingField, "The form holds no file.")
            }
            let model = try await model(modelID, forCatalogue: catalogue)
            return try await engine.submit(
                .ingest(
                    IngestWork(
                        catalogue: catalogue, modelID: model, source: .spool(listPath: path), metadata: metadata,
                        followsCatalogue: modelID == nil)
                ))
        } catch {
            await uploads.discard(form)
            throw error
        }
    }
}
