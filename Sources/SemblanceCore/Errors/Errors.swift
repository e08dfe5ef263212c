/// An image that cannot be read, decoded or prepared. Raised by Vision.
public typealias ImageError = CodedError<ImageErrorCode>

public enum ImageErrorCode: String, Hashable, Sendable, CaseIterable {
    case empty = "image-empty"
    case unreadable = "image-unreadable"
    case unsupportedFormat = "image-unsupported-format"
    case damaged = "image-damaged"
    case tooManyBytes = "image-too-many-bytes"
    case tooManyPixels = "image-too-many-pixels"
    case noPixels = "image-no-pixels"
    case tookTooLong = "image-took-too-long"
    case regionOutside = "image-region-outside"
    case fetchFailed = "image-fetch-failed"
    case fetchRefused = "image-fetch-refused"
    case encodingFailed = "image-encoding-failed"
}

/// A model that is unknown, missing, damaged or cannot do what was asked. Raised by Vision.
public typealias ModelError = CodedError<ModelErrorCode>

public enum ModelErrorCode: String, Hashable, Sendable, CaseIterable {
    case unknownModel = "model-unknown"
    case weightsMissing = "model-weights-missing"
    case hashMismatch = "model-hash-mismatch"
    case damagedCheckpoint = "model-checkpoint-damaged"
    case forbiddenPickle = "model-checkpoint-forbidden"
    case unsupportedArchitecture = "model-unsupported-architecture"
    case unexpectedTensors = "model-unexpected-tensors"
    case invalidManifest = "model-invalid-manifest"
    case engineFailed = "model-engine-failed"
    case downloadFailed = "model-download-failed"
    case textUnsupported = "model-text-unsupported"
    case licenceNotAccepted = "model-licence-not-accepted"
    case tooLarge = "model-too-large"
    case idTaken = "model-id-taken"
    case inUse = "model-in-use"
    case embeddingsMissing = "model-embeddings-missing"
    case changedMeanwhile = "model-changed-meanwhile"
    case tooFewImages = "model-too-few-images"
    case quantisationFailed = "model-quantisation-failed"
}

/// The catalogue store, the data folder or a file in it. Raised by Store.
public typealias StoreError = CodedError<StoreErrorCode>

public enum StoreErrorCode: String, Hashable, Sendable, CaseIterable {
    case unknownCatalogue = "catalogue-unknown"
    case catalogueExists = "catalogue-exists"
    case unknownImage = "image-unknown"
    case unknownKey = "key-unknown"
    case dataFolderInUse = "data-folder-in-use"
    case notWritable = "data-folder-not-writable"
    case diskFull = "disk-full"
    /// The data folder cannot be reached for now: it lies on another machine.
    case folderUnavailable = "data-folder-unavailable"
    case damaged = "database-damaged"
    case newerSchema = "database-newer-schema"
    case olderSchema = "database-older-schema"
    case busy = "database-busy"
    /// The database's server cannot be reached.
    case unavailable = "database-unavailable"
    /// The database's server did not answer in time.
    case databaseSlow = "database-slow"
    case invalidDatabaseURL = "database-url-invalid"
    /// Wrong user or password, or not the rights that are needed.
    case databaseDenied = "database-denied"
    /// The server has no database of this name.
    case databaseUnknown = "database-unknown"
    /// The server's version or encoding.
    case databaseUnsupported = "database-unsupported"
    /// pgvector is missing, too old, or may not be created.
    case databaseExtension = "database-extension"
    case failed = "database-failed"
    case fileMissing = "file-missing"
}

/// A vector index that cannot take or answer what was asked. Raised by Index.
public typealias IndexError = CodedError<IndexErrorCode>

public enum IndexErrorCode: String, Hashable, Sendable, CaseIterable {
    case dimensionMismatch = "index-dimension-mismatch"
    case notUnitLength = "index-not-unit-length"
    case damaged = "index-damaged"
    case readOnly = "index-read-only"
    case invalidParameters = "index-invalid-parameters"
    case failed = "index-failed"
}

/// A job that is unknown, ended, or refused. Raised by the job store, the queue and the engine.
public typealias JobError = CodedError<JobErrorCode>

public enum JobErrorCode: String, Hashable, Sendable, CaseIterable {
    case unknownJob = "job-unknown"
    case alreadyEnded = "job-already-ended"
    case queueFull = "job-queue-full"
    case cancelled = "job-cancelled"
    case invalidTransition = "job-invalid-transition"
    /// Another process took the job over.
    case leaseLost = "job-lease-lost"
    case tookTooLong = "job-took-too-long"
    /// Tried often enough, or it brought its workers down.
    case givenUp = "job-given-up"
    /// The queue's server cannot be reached, or cannot take anything just now.
    case queueUnavailable = "job-queue-unavailable"
    /// The queue's address, password or server is not one to work with.
    case queueRefused = "job-queue-refused"
}

/// A request whose values are out of range or not well formed. Raised by Core, Engine and Server.
public typealias RequestError = CodedError<RequestErrorCode>

public enum RequestErrorCode: String, Hashable, Sendable, CaseIterable {
    case invalidName = "invalid-name"
    case invalidLimit = "invalid-k"
    case invalidRegion = "invalid-region"
    case invalidFilter = "invalid-filter"
    case invalidFilterableKeys = "invalid-filterable-keys"
    case invalidMetadata = "invalid-metadata"
    case invalidScore = "invalid-score"
    case invalidVector = "invalid-vector"
    case invalidText = "invalid-text"
    case invalidIdentifier = "invalid-id"
    case invalidJSON = "invalid-json"
    case invalidMultipart = "invalid-multipart"
    case invalidQuery = "invalid-query"
    case missingField = "missing-field"
    case tooLarge = "request-too-large"
    case overloaded = "overloaded"
    case unauthorised = "unauthorised"
    case forbidden = "forbidden"
    case notFound = "not-found"
}

/// A backup, or a move from one store to another, that cannot go on. Raised by Engine.
public typealias TransferError = CodedError<TransferErrorCode>

public enum TransferErrorCode: String, Hashable, Sendable, CaseIterable {
    case notABackup = "backup-unknown"
    case damaged = "backup-damaged"
    case newerFormat = "backup-newer-format"
    case folderTaken = "backup-folder-taken"
    case writeFailed = "backup-write-failed"
    case catalogueTaken = "catalogue-not-empty"
    case unfinishedJobs = "jobs-unfinished"
    case mismatch = "transfer-mismatch"
    case modelChanged = "catalogue-model-changed"
}
