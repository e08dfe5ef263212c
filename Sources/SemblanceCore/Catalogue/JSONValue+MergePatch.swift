/// JSON merge patches (RFC 7396): the one law by which metadata changes, wherever the change comes from.
extension JSONValue {
    /// The result of applying a patch, RFC 7396, section 2. Applied to `{}` it leaves out members that are `null`.
    package func merging(patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members: [String: JSONValue] = [:]
        if case .object(let present) = self { members = present }
        for (key, change) in changes {
            members[key] = change == .null ? nil : (members[key] ?? .null).merging(patch: change)
        }
        return .object(members)
    }

    /// One patch for two, this one first. What the second says wins; members that either removes stay `null`, so that
    /// the removal reaches what the patch is applied to.
    package func followed(by patch: JSONValue) -> JSONValue {
        guard case .object(let first) = self, case .object(let second) = patch else { return patch }
        return .object(first.merging(second) { $0.followed(by: $1) })
    }
}
