/// What an image that is added again brings along: the law for every store.
extension NewImage {
    /// The metadata after the image was added again: members it brings replace those of the same name.
    package func metadata(mergedOver present: JSONValue) -> JSONValue {
        guard case .object(let old) = present, case .object(let new) = metadata else { return metadata }
        return .object(old.merging(new) { $1 })
    }

    /// Where the original is after the image was added again: stored wins, since only that is certain to stay.
    package func location(after present: CatalogueImage.Location) -> CatalogueImage.Location {
        location == .stored ? .stored : present
    }
}
