import CPostgres
import SemblanceCore

/// Where a PostgreSQL database is and who asks: `postgres://user:password@host:port/database?sslmode=require`.
///
/// libpq reads it, so that everything that its manual names can be said: several hosts, certificates, a Unix socket's
/// folder as `host`. The password is never shown: neither by `description` nor in an error.
public struct PostgresURL: Sendable, Hashable, CustomStringConvertible {
    /// libpq's keywords and values, only those that the URL sets.
    package let parameters: [String: String]

    /// - Throws: `StoreError` with `database-url-invalid`.
    public init(_ text: String) throws {
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://"), !text.utf8.contains(0),
            let parameters = Self.parse(text)
        else { throw Self.invalid("cannot be read") }
        guard let name = parameters["dbname"], !name.isEmpty else { throw Self.invalid("names no database") }
        guard (parameters["port"] ?? "").split(separator: ",").allSatisfy({ UInt16($0) ?? 0 > 0 }) else {
            throw Self.invalid("has a port that is not 1 to 65535")
        }
        self.parameters = parameters
    }

    /// The same with other values of libpq's keywords, such as `dbname`.
    package func with(_ changes: [String: String]) -> PostgresURL {
        PostgresURL(parameters: parameters.merging(changes) { $1 })
    }

    private init(parameters: [String: String]) {
        self.parameters = parameters
    }

    public var databaseName: String { parameters["dbname"] ?? "" }

    /// Without the password and the options.
    public var description: String {
        let user = parameters["user"].map { "\($0)@" } ?? ""
        return "postgres://\(user)\(place)/\(databaseName)"
    }

    /// Host and port as the user wrote them.
    var place: String {
        let host = parameters["host"] ?? parameters["hostaddr"] ?? "localhost"
        return host + (parameters["port"].map { ":\($0)" } ?? "")
    }

    /// One set of parameters a host, in the order in which they are tried: a host that does not answer has its own
    /// time limit and does not use up that of the next.
    package var targets: [[String: String]] {
        let lists = ["host", "hostaddr", "port"].map { key in
            (key, parameters[key]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? [])
        }
        let count = max(1, lists.map(\.1.count).max() ?? 1)
        guard count > 1 else { return [parameters] }
        return (0..<count).map { number in
            var target = parameters
            for (key, list) in lists where !list.isEmpty {
                target[key] = list.count == 1 ? list[0] : number < list.count ? list[number] : nil
            }
            return target
        }
    }

    private static func parse(_ text: String) -> [String: String]? {
        // libpq's own words about what is wrong would quote the URL, password and all.
        guard let options = PQconninfoParse(text, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var parameters: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return parameters
    }

    private static func invalid(_ what: String) -> StoreError {
        StoreError(
            .invalidDatabaseURL,
            "The database's URL \(what): expected postgres://user:password@host:port/database. Write special "
                + "characters of the password in percent encoding, such as %40 for '@'.")
    }
}
