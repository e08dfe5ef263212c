import Foundation
import SemblanceCore

/// What `models add` was told about a file; everything but the path can be left out.
public struct ModelAddition: Hashable, Sendable {
    /// A weights file: an absolute path.
    public var path: String
    /// `nil` takes the file's name.
    public var modelID: String?
    /// `nil` recognises it by the tensors.
    public var family: String?
    public var options: NetworkOptions
    /// Width and height of the input in pixels; `nil` takes the network's own.
    public var size: Int?
    public var licence: String?
    public var summary: String?
    /// Whether another model of this id may go.
    public var isReplacing: Bool
    /// Whether the user has read and accepted the licence, where an entry asks for it.
    public var acceptsLicence: Bool

    public init(
        path: String, modelID: String? = nil, family: String? = nil, options: NetworkOptions = NetworkOptions(),
        size: Int? = nil, licence: String? = nil, summary: String? = nil, isReplacing: Bool = false,
        acceptsLicence: Bool = false
    ) {
        self.path = path
        self.modelID = modelID
        self.family = family
        self.options = options
        self.size = size
        self.licence = licence
        self.summary = summary
        self.isReplacing = isReplacing
        self.acceptsLicence = acceptsLicence
    }
}

extension ModelAddition {
    /// Whether nothing is said about how to read the file.
    var isAsPublished: Bool { family == nil && size == nil && options == NetworkOptions() }
}

/// What became of a file that was added.
public struct AddedModel: Hashable, Sendable {
    public enum Outcome: String, Hashable, Sendable {
        case added
        /// The same was there already.
        case unchanged
        /// Other weights took the id over.
        case replaced
        /// The file is what a known entry would have pulled: it lies where the pull would have put it.
        case recognised
    }

    public let manifest: ModelManifest
    public let outcome: Outcome
}
