import Foundation
import SemblanceCore

/// Where catalogues come from: a store, or a backup.
public protocol TransferSource: Sendable {
    /// In the order they were made.
    func catalogues() async throws -> [TransferredCatalogue]
    func keys() async throws -> [APIKey]
    /// Hands out a catalogue's images, some at a time, in an order of their own.
    func forEachPage(
        of catalogue: TransferredCatalogue, _ body: @Sendable ([ImageRecord]) async throws -> Void
    ) async throws
    /// Hands out the hashes of a catalogue's stored originals, some at a time.
    func forEachPageOfOriginals(
        of catalogue: TransferredCatalogue, _ body: @Sendable ([ContentHash]) async throws -> Void
    ) async throws
    /// Where a stored original is.
    func pathOfOriginal(_ hash: ContentHash) -> String
}

/// A catalogue as it goes from one store to another: without its images, and without a number.
public struct TransferredCatalogue: Hashable, Sendable {
    public let name: String
    public let modelID: String
    public let createdAt: Date
    /// Metadata keys that it declares filterable.
    public let filterableKeys: [String]
    public let imageCount: Int

    public init(name: String, modelID: String, createdAt: Date, filterableKeys: [String], imageCount: Int) {
        self.name = name
        self.modelID = modelID
        self.createdAt = createdAt
        self.filterableKeys = filterableKeys
        self.imageCount = imageCount
    }
}

/// The stores of one installation, as a transfer sees them.
public struct TransferStores: Sendable {
    public let catalogues: any CatalogueStore
    public let keys: any APIKeyStore
    public let jobs: any JobStore
    public let files: any FileStore

    public init(
        catalogues: any CatalogueStore, keys: any APIKeyStore, jobs: any JobStore,
        files: any FileStore
    ) {
        self.catalogues = catalogues
        self.keys = keys
        self.jobs = jobs
        self.files = files
    }
}

/// How far a transfer is.
public struct TransferProgress: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable {
        case checking, originals, images, verifying
    }

    public let phase: Phase
    public let done: Int
    public let total: Int

    public init(_ phase: Phase, _ done: Int, of total: Int) {
        self.phase = phase
        self.done = done
        self.total = total
    }
}

/// What a transfer brought over.
public struct TransferReport: Hashable, Sendable {
    public var catalogues = 0
    public var images = 0
    public var originals = 0
    public var keys = 0
    /// Images that were left out because their original is gone or damaged: their names and hashes.
    public var leftOut: [FileFailure] = []

    public init() {}
}
