import SemblanceCore

/// One file on its way into a catalogue. Each step fills in its part; one with an `outcome` goes no further.
struct IngestItem: Sendable {
    /// Where the bytes come from.
    enum Origin: Sendable {
        /// A user's file, as it was when it was listed.
        case file(SourceFile)
        /// An upload in the spool.
        case spooled(path: String)
        /// Still to be fetched.
        case url(String)
    }

    enum Outcome: Sendable {
        case failed(FileFailure)
        /// The catalogue has these bytes, embedded by this model, already.
        case known(CatalogueImage.ID)
        /// An upload that an earlier attempt took in.
        case takenIn
    }

    /// The path, URL or upload name as the user gave it.
    let shownPath: String
    /// The last component of the name.
    let name: String
    var origin: Origin
    /// The catalogue's image that is embedded again; `nil` for a file that comes in.
    var image: CatalogueImage?
    /// What the catalogue has already, though not its original, which is to be stored.
    var imageInPlace: CatalogueImage.ID?
    var metadata: JSONValue
    var bytes: FileBytes?
    /// Bytes of the original; known once it is read.
    var byteCount = 0
    var hash: ContentHash?
    var decoded: DecodedImage?
    var embedding: Embedding?
    var outcome: Outcome?
    /// Whether the stored original is kept from being deleted until the row is written.
    var isOriginalClaimed = false

    init(shownPath: String, name: String, origin: Origin, metadata: JSONValue, outcome: Outcome? = nil) {
        self.shownPath = shownPath
        self.name = name
        self.origin = origin
        self.metadata = metadata
        self.outcome = outcome
    }

    /// The user's file, as long as nothing is known of it but what its folder says.
    var listedFile: SourceFile? {
        if outcome == nil, case .file(let file) = origin { file } else { nil }
    }

    /// The path to read; `nil` before a URL is fetched.
    var path: String? {
        switch origin {
        case .file(let file): file.path
        case .spooled(let path): path
        case .url: nil
        }
    }

    mutating func fail(_ error: any Error) {
        outcome = .failed(FileFailure(path: shownPath, error: error))
        bytes = nil
        decoded = nil
    }
}

/// The files that one worker takes through the steps together.
struct IngestBatch: Sendable {
    var items: [IngestItem]

    /// Does work on every item that has no outcome yet; an error becomes the item's outcome.
    ///
    /// An error of the store or of the whole process is no fault of the file: it is thrown on.
    mutating func forEachOpen(_ body: (inout IngestItem) throws -> Void) throws {
        for index in items.indices where items[index].outcome == nil {
            do {
                try body(&items[index])
            } catch {
                // What is not the file's fault is not its outcome.
                if error is StoreError || error.isTransient { throw error }
                items[index].fail(error)
            }
        }
    }
}
