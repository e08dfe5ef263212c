/// Why an address is not one that an image on the public internet can have.
///
/// The ranges are those of the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates).
package enum AddressKind: String, Hashable, Sendable, CaseIterable {
    case unspecified, loopback, linkLocal, privateUse, sharedCarrier, protocolAssignments, documentation
    case benchmarking, multicast, reserved, siteLocal, embedsIPv4

    /// `nil` for a public address.
    package static func of(_ address: IPAddress) -> AddressKind? {
        if let special = special.first(where: { $0.network.contains(address) }) { return special.kind }
        // Of IPv6 only 2000::/3 has been handed out as public addresses (RFC 4291, section 2.4).
        return address.isIPv4 || publicIPv6.contains(address) ? nil : .reserved
    }

    private static let publicIPv6: IPNetwork = "2000::/3"

    /// More special ranges stand before those that hold them.
    private static let special: [(network: IPNetwork, kind: AddressKind)] = [
        ("0.0.0.0/8", .unspecified),
        ("10.0.0.0/8", .privateUse),
        ("100.64.0.0/10", .sharedCarrier),
        ("127.0.0.0/8", .loopback),
        ("169.254.0.0/16", .linkLocal),
        ("172.16.0.0/12", .privateUse),
        ("192.0.0.0/24", .protocolAssignments),
        ("192.0.2.0/24", .documentation),
        ("192.31.196.0/24", .protocolAssignments),
        ("192.52.193.0/24", .protocolAssignments),
        ("192.88.99.0/24", .reserved),
        ("192.168.0.0/16", .privateUse),
        ("192.175.48.0/24", .protocolAssignments),
        ("198.18.0.0/15", .benchmarking),
        ("198.51.100.0/24", .documentation),
        ("203.0.113.0/24", .documentation),
        ("224.0.0.0/4", .multicast),
        ("240.0.0.0/4", .reserved),

        ("::/128", .unspecified),
        ("::1/128", .loopback),
        (.compatible, .embedsIPv4),
        (.mapped, .embedsIPv4),
        ("::ffff:0:0:0/96", .embedsIPv4),
        (.nat64, .embedsIPv4),
        ("64:ff9b:1::/48", .embedsIPv4),
        ("100::/64", .reserved),
        (.teredo, .embedsIPv4),
        ("2001:2::/48", .benchmarking),
        ("2001:db8::/32", .documentation),
        ("2001::/23", .protocolAssignments),
        (.sixToFour, .embedsIPv4),
        ("2620:4f:8000::/48", .protocolAssignments),
        ("3fff::/20", .documentation),
        ("fc00::/7", .privateUse),
        ("fe80::/10", .linkLocal),
        ("fec0::/10", .siteLocal),
        ("ff00::/8", .multicast),
    ]
}

/// Which addresses images may be fetched from.
package struct AddressPolicy: Hashable, Sendable {
    package var allowsPrivateAddresses: Bool
    package var allowedNetworks: [IPNetwork]

    package init(allowsPrivateAddresses: Bool = false, allowedNetworks: [IPNetwork] = []) {
        self.allowsPrivateAddresses = allowsPrivateAddresses
        self.allowedNetworks = allowedNetworks
    }

    /// An address in an allowed network is allowed, unless it carries an IPv4 address that is not: allowing
    /// `64:ff9b::/96` opens the way to public servers through NAT64, not to `64:ff9b::127.0.0.1`.
    package func allows(_ address: IPAddress) -> Bool {
        if allowsPrivateAddresses || AddressKind.of(address) == nil { return true }
        guard allowedNetworks.contains(where: { $0.contains(address) }) else { return false }
        return address.embeddedIPv4.map(allows) ?? true
    }
}
