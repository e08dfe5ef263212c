import SemblanceCore
import Synchronization

extension CatalogueTransfer {
    /// Reads every image back and compares it with its source.
    /// - Throws: `TransferError` with `transfer-mismatch` naming the first image that differs.
    package func verify(_ expected: TransferredCatalogue) async throws {
        let stores = destination.catalogues
        let catalogue = try await stores.catalogue(named: expected.name)
        let spaces = try await stores.embeddingCounts(in: catalogue.id).map(\.space)
        let checked = Counter()
        try await source.forEachPage(of: expected) { records in
            try Task.checkCancellation()
            let found = try await copies(of: records, in: catalogue, spaces)
            for record in records where found[record.image.hash].map({ !record.agrees(with: $0) }) ?? true {
                throw TransferError(
                    .mismatch,
                    "Image \(record.image.hash) of catalogue '\(expected.name)' is not in the destination as it is in "
                        + "the source. Run the command again with --continue; if that does not help, report it.")
            }
            report(TransferProgress(.verifying, checked.add(records.count), of: expected.imageCount))
        }
        let count = try await stores.imageCount(in: catalogue.id, matching: nil)
        guard count == checked.value else {
            throw TransferError(
                .mismatch,
                "Catalogue '\(expected.name)' has \(count) images in the destination, not \(checked.value). Was something "
                    + "added or removed meanwhile?")
        }
    }

    private func copies(
        of records: [ImageRecord], in catalogue: Catalogue, _ spaces: [EmbeddingSpace]
    ) async throws -> [ContentHash: ImageRecord] {
        let stores = destination.catalogues
        // Any space will do: what is asked for is the images' numbers.
        let space =
            spaces.first
            ?? EmbeddingSpace(
                catalogueID: catalogue.id, model: ModelVersion(modelID: catalogue.modelID, digest: "", dimension: 1))
        let ids = try await stores.known(records.map(\.image.hash), in: space).values.map(\.id)
        let found = try await stores.records(of: try await stores.images(ids), in: spaces)
        return Dictionary(found.map { ($0.image.hash, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// A number that closures count up.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    /// - Returns: the sum so far.
    @discardableResult
    func add(_ number: Int) -> Int {
        count.withLock {
            $0 += number
            return $0
        }
    }
}
