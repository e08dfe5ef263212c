/// A setting of a session.
struct ConnectionSetting: Hashable, Sendable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension PostgresConnection {
    /// Makes settings for the rest of the session, outside of a transaction; those that it has already cost nothing.
    func set(_ settings: [ConnectionSetting]) throws {
        let new = settings.filter { self.settings[$0.name] != $0.value }
        guard !new.isEmpty else { return }
        let calls = new.indices.map { "set_config($\(2 * $0 + 1), $\(2 * $0 + 2), false)" }
        try query(
            "SELECT \(calls.joined(separator: ", "))", new.flatMap { [.text($0.name), .text($0.value)] })
        for setting in new { self.settings[setting.name] = setting.value }
    }

    /// Makes settings for a while.
    func with<Value>(_ settings: [(name: String, value: String)], _ body: () throws -> Value) throws -> Value {
        let usual = try settings.map { setting in
            let value: String = try query("SELECT current_setting($1)", [.text(setting.name)])[0][0]
            return (name: setting.name, value: value)
        }
        try apply(settings)
        do {
            let value = try body()
            try apply(usual)
            return value
        } catch {
            // A connection that cannot go back is of no further use.
            do { try apply(usual) } catch { isBroken = true }
            throw error
        }
    }

    private func apply(_ settings: [(name: String, value: String)]) throws {
        for setting in settings {
            try query("SELECT set_config($1, $2, false)", [.text(setting.name), .text(setting.value)])
        }
    }
}
