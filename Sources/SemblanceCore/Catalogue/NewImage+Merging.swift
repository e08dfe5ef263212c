/// What an image that is added again brings along: the law for every store.
extension NewImage {
    /// Where the original is after the image was added again: stored wins, since only that is certain to stay.
    package func location(after present: CatalogueImage.Location) -> CatalogueImage.Location {
        location == .stored ? .stored : present
    }
}
