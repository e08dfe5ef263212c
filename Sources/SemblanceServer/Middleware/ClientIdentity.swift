import HTTPTypes
import Hummingbird
import NIOCore
import SemblanceCore

/// Whose requests count together where each client has a share.
package enum ClientIdentity: Hashable, Sendable {
    /// Behind a proxy all requests come from one address; keys tell them apart. A key that is not right holds nothing
    /// for long.
    case key(ContentHash)
    case network(String)

    /// `nil` for programs of this machine without a key: it is theirs.
    init?(of request: Request, from address: SocketAddress?) {
        if let secret = request.apiKeySecret {
            self = .key(ContentHash(hashing: secret.utf8))
        } else if let address, !HostName.isLoopback(address) {
            self = .network(TokenBuckets.client(at: address))
        } else {
            return nil
        }
    }
}
