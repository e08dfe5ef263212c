import Hummingbird
import SemblanceCore

/// The only place that turns an error's code into an HTTP status.
///
/// The rule: 400 for what cannot be read or is out of range, 422 for an image or vector that is well sent but cannot
/// be used, 404 and 409 for what is not there or in the way, 5xx only for what is not the client's doing.
enum ErrorStatus {
    static func status(of error: any PublicError) -> HTTPResponse.Status {
        switch error {
        case let error as ImageError: status(of: error.code)
        case let error as ModelError: status(of: error.code)
        case let error as StoreError: status(of: error.code)
        case let error as IndexError: status(of: error.code)
        case let error as JobError: status(of: error.code)
        case let error as RequestError: status(of: error.code)
        case let error as ServerError: status(of: error.code)
        default: .internalServerError
        }
    }

    /// Seconds after which a refused client should try again; `nil` if trying again does not help.
    static func retryAfter(_ error: any PublicError) -> Int? {
        switch error.publicCode {
        case RequestError.Code.overloaded.rawValue, StoreError.Code.busy.rawValue,
            ServerError.Code.rateLimited.rawValue:
            1
        case JobError.Code.queueFull.rawValue, JobError.Code.queueUnavailable.rawValue,
            StoreError.Code.unavailable.rawValue, StoreError.Code.databaseSlow.rawValue,
            StoreError.Code.folderUnavailable.rawValue,
            ServerError.Code.notReady.rawValue:
            5
        case ServerError.Code.stopping.rawValue: 10
        default: nil
        }
    }

    private static func status(of code: ImageError.Code) -> HTTPResponse.Status {
        switch code {
        case .tooManyBytes: .contentTooLarge
        case .unsupportedFormat: .unsupportedMediaType
        case .encodingFailed: .internalServerError
        case .empty, .unreadable, .damaged, .tooManyPixels, .noPixels, .tookTooLong, .regionOutside, .fetchFailed,
            .fetchRefused:
            .unprocessableContent
        }
    }

    private static func status(of code: ModelError.Code) -> HTTPResponse.Status {
        switch code {
        case .unknownModel: .notFound
        case .weightsMissing, .licenceNotAccepted, .idTaken, .inUse, .embeddingsMissing, .changedMeanwhile: .conflict
        case .textUnsupported, .tooFewImages: .unprocessableContent
        case .hashMismatch, .damagedCheckpoint, .forbiddenPickle, .unsupportedArchitecture, .unexpectedTensors,
            .invalidManifest, .engineFailed, .downloadFailed, .tooLarge, .quantisationFailed:
            .internalServerError
        }
    }

    private static func status(of code: StoreError.Code) -> HTTPResponse.Status {
        switch code {
        case .unknownCatalogue, .unknownImage, .unknownKey, .fileMissing: .notFound
        case .catalogueExists: .conflict
        case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        case .busy, .unavailable, .databaseSlow, .dataFolderInUse, .folderUnavailable: .serviceUnavailable
        case .notWritable, .damaged, .newerSchema, .olderSchema, .failed, .invalidDatabaseURL, .databaseDenied,
            .databaseUnknown, .databaseUnsupported, .databaseExtension:
            .internalServerError
        }
    }

    private static func status(of code: IndexError.Code) -> HTTPResponse.Status {
        switch code {
        case .dimensionMismatch, .notUnitLength, .invalidParameters: .unprocessableContent
        case .damaged, .readOnly, .failed: .internalServerError
        }
    }

    private static func status(of code: JobError.Code) -> HTTPResponse.Status {
        switch code {
        case .unknownJob: .notFound
        case .alreadyEnded, .cancelled, .invalidTransition, .leaseLost: .conflict
        case .queueFull, .queueUnavailable: .serviceUnavailable
        case .tookTooLong, .givenUp, .queueRefused: .internalServerError
        }
    }

    private static func status(of code: RequestError.Code) -> HTTPResponse.Status {
        switch code {
        case .invalidName, .invalidLimit, .invalidRegion, .invalidFilter, .invalidFilterableKeys, .invalidMetadata,
            .invalidScore, .invalidText, .invalidIdentifier, .invalidJSON, .invalidMultipart, .invalidQuery,
            .missingField:
            .badRequest
        case .invalidVector: .unprocessableContent
        case .tooLarge: .contentTooLarge
        case .overloaded: .serviceUnavailable
        case .unauthorised: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        }
    }

    private static func status(of code: ServerError.Code) -> HTTPResponse.Status {
        switch code {
        case .methodNotAllowed: .methodNotAllowed
        case .unsupportedMediaType: .unsupportedMediaType
        case .foreignHost: .misdirectedRequest
        case .foreignOrigin: .forbidden
        case .rateLimited: .tooManyRequests
        case .bodyTooSlow: .requestTimeout
        case .notReady, .stopping: .serviceUnavailable
        case .configuration, .addressInUse, .cannotBind, .keyNeeded: .internalServerError
        }
    }
}
