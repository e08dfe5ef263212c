import Foundation
import SemblanceCore

/// What backup, restore and migration ask.
extension InMemoryCatalogueStore {
    public func sources(of images: [CatalogueImage.ID]) -> [(SourceFile, CatalogueImage.ID)] {
        let wanted = Set(images)
        return sources.values.filter { wanted.contains($0.image) }.map { ($0.file, $0.image) }
    }

    public func setCreationTimes(_ times: [(CatalogueImage.ID, Date)]) {
        for (id, time) in times {
            guard let row = imageRows[id] else { continue }
            imageRows[id] = CatalogueImage(
                id: row.id, catalogueID: row.catalogueID, hash: row.hash, name: row.name, location: row.location,
                header: row.header, byteCount: row.byteCount, metadata: row.metadata, createdAt: time)
        }
    }

    public func setCreationTime(_ time: Date, of catalogue: Catalogue.ID) {
        guard let row = catalogueRows[catalogue] else { return }
        catalogueRows[catalogue] = Catalogue(
            id: row.id, name: row.name, modelID: row.modelID, createdAt: time, filterableKeys: row.filterableKeys)
    }
}
