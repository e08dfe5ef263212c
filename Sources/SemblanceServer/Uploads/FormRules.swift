import SemblanceCore

/// What a form may hold.
package struct FormRules: Sendable {
    /// What becomes of a file that is larger than the limit.
    package enum OversizePolicy: Sendable {
        /// It is kept up to one byte above the limit, so that ingestion refuses it by name and takes the others.
        case cut
        /// The request is refused.
        case refuse
    }

    /// Bytes of a file.
    let maximumFileByteCount: Int
    let oversize: OversizePolicy
    /// Form fields that files may come in; `nil` takes any.
    let fileFields: Set<String>?
    /// Files; `nil` for no limit.
    let maximumFileCount: Int?
    /// Fields that are not files and may come several times.
    var repeatableFields: Set<String> = []
    /// Fields that are not files.
    static let maximumFieldCount = 64
    /// Bytes of a field that is not a file.
    static let maximumFieldByteCount = 65_536
    /// A part that goes on for longer than this is not a file but an attack or a mistake.
    static let maximumPartByteCount = 1_000_000_000

    /// Any number of files, taken in by a job.
    package static func catalogue(_ limits: DecodingLimits) -> FormRules {
        FormRules(
            maximumFileByteCount: limits.maximumByteCount, oversize: .cut, fileFields: nil, maximumFileCount: nil)
    }

    /// A few images, and texts, to search with.
    package static func search(
        _ limits: DecodingLimits, fields: Set<String>, count: Int, texts: Set<String> = []
    ) -> FormRules {
        FormRules(
            maximumFileByteCount: limits.maximumByteCount, oversize: .refuse, fileFields: fields,
            maximumFileCount: count, repeatableFields: texts)
    }
}
