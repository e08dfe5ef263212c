import Foundation

/// What backup, restore and migration ask of a store: part of `CatalogueStore`.
public protocol CatalogueTransferStore: Sendable {
    /// Files that are recorded as holding these images, in no order.
    func sources(of images: [CatalogueImage.ID]) async throws -> [(SourceFile, CatalogueImage.ID)]
    /// Gives images the times at which another store took them in, all in one transaction; images that are gone are
    /// left out.
    func setCreationTimes(_ times: [(CatalogueImage.ID, Date)]) async throws
    /// Gives a catalogue the time at which another store made it.
    func setCreationTime(_ time: Date, of catalogue: Catalogue.ID) async throws
}
