import Foundation
import SemblanceCore

/// Where a Redis or Valkey server is, and who asks it.
///
///     redis://[user[:password]@]host[:port][/database]
///     redis://:password@host
///     unix:///path/to/socket[?db=2&password=…]     also redis+unix://
///
/// User and password are percent-decoded. The password is never shown: `description` leaves it out.
public struct RedisURL: Hashable, Sendable, CustomStringConvertible {
    package enum Address: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    package let address: Address
    package let user: String?
    package let password: String?
    package let database: Int

    /// - Throws: `JobError` with `job-queue-refused`, in one line that shows neither the URL nor the password.
    public init(_ text: String) throws {
        guard let components = URLComponents(string: text), let scheme = components.scheme?.lowercased() else {
            throw Self.refused("it is not a URL")
        }
        guard components.fragment == nil else { throw Self.refused("it has a '#'; write %23 in a password") }
        switch scheme {
        case "redis": address = try Self.tcpAddress(components)
        case "unix", "redis+unix", "redis-socket": address = try Self.unixAddress(components)
        case "rediss", "valkeys":
            throw JobError(
                .queueRefused,
                "The queue's URL asks for TLS (\(scheme)://), which this build's Redis client does not have: use redis:// in a private network, or through a tunnel such as stunnel."
            )
        case "valkey": address = try Self.tcpAddress(components)
        default: throw Self.refused("its scheme is none of redis, valkey and unix")
        }
        let options = try Self.options(components, isSocket: address.isSocket)
        user = try Self.present(components.user) ?? options["user"]
        password = try Self.present(components.password) ?? options["password"]
        if user != nil, password == nil { throw Self.refused("it names a user and no password") }
        database = try Self.database(address.isSocket ? options["db"] ?? "" : String(components.path.dropFirst()))
    }

    public var description: String {
        let name = user.map { "\($0)@" } ?? ""
        return switch address {
        case .tcp(let host, let port):
            "redis://\(name)\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        case .unix(let path): "unix://\(path)\(database == 0 ? "" : "?db=\(database)")"
        }
    }

    private static func tcpAddress(_ components: URLComponents) throws -> Address {
        guard var host = components.host, !host.isEmpty else { throw refused("it names no host") }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let port = components.port ?? 6379
        guard (1...65_535).contains(port) else { throw refused("its port is not between 1 and 65535") }
        return .tcp(host: host, port: port)
    }

    private static func unixAddress(_ components: URLComponents) throws -> Address {
        guard components.host ?? "" == "", components.path.hasPrefix("/"), components.path.count > 1 else {
            throw refused("a socket is given by its whole path: unix:///run/redis/redis.sock")
        }
        // The size of sockaddr_un.sun_path, with its end.
        guard components.path.utf8.count < 108 else { throw refused("the socket's path has more than 107 bytes") }
        return .unix(path: components.path)
    }

    private static func options(_ components: URLComponents, isSocket: Bool) throws -> [String: String] {
        var options: [String: String] = [:]
        for item in components.queryItems ?? [] {
            guard isSocket, ["db", "user", "password"].contains(item.name), options[item.name] == nil else {
                throw refused("it has an option that is not known there, or twice")
            }
            options[item.name] = try present(item.value)
        }
        return options
    }

    private static func database(_ text: String) throws -> Int {
        if text.isEmpty { return 0 }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text), number < 1_000_000 else {
            throw refused("its database is a number, such as the 0 in redis://host:6379/0")
        }
        return number
    }

    /// `nil` for what is not there or empty.
    private static func present(_ text: String?) throws -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard !text.utf8.contains(0) else { throw refused("it has a zero byte") }
        return text
    }

    private static func refused(_ fault: String) -> JobError {
        JobError(
            .queueRefused,
            "The queue's URL cannot be used: \(fault). Expected redis://[user:password@]host:port/database or unix:///path/to/socket."
        )
    }
}

extension RedisURL.Address {
    fileprivate var isSocket: Bool {
        if case .unix = self { true } else { false }
    }
}
