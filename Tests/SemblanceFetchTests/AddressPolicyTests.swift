import SemblanceCore
import SemblanceFetch
import Testing

@Suite struct AddressPolicyTests {
    @Test(
        arguments: [
            ("0.0.0.0", .unspecified), ("0.255.255.255", .unspecified), ("10.0.0.0", .privateUse),
            ("10.255.255.255", .privateUse), ("100.64.0.0", .sharedCarrier), ("100.127.255.255", .sharedCarrier),
            ("127.0.0.1", .loopback), ("127.255.255.254", .loopback), ("169.254.169.254", .linkLocal),
            ("172.16.0.0", .privateUse), ("172.31.255.255", .privateUse), ("192.0.0.8", .protocolAssignments),
            ("192.0.2.1", .documentation), ("192.88.99.1", .reserved), ("192.168.0.1", .privateUse),
            ("192.168.255.255", .privateUse), ("198.18.0.0", .benchmarking), ("198.19.255.255", .benchmarking),
            ("198.51.100.7", .documentation), ("203.0.113.7", .documentation), ("224.0.0.1", .multicast),
            ("239.255.255.255", .multicast), ("240.0.0.1", .reserved), ("255.255.255.255", .reserved),
            ("::", .unspecified), ("::1", .loopback), ("::7f00:1", .embedsIPv4), ("::ffff:127.0.0.1", .embedsIPv4),
            ("::ffff:8.8.8.8", .embedsIPv4), ("64:ff9b::10.0.0.1", .embedsIPv4), ("64:ff9b:1::1", .embedsIPv4),
            ("100::1", .reserved), ("2001::1", .embedsIPv4), ("2001:2::1", .benchmarking),
            ("2001:1ff::1", .protocolAssignments), ("2001:db8::1", .documentation), ("2002:7f00:1::", .embedsIPv4),
            ("3fff:fff::1", .documentation), ("fc00::1", .privateUse), ("fdff::1", .privateUse),
            ("fe80::1", .linkLocal),
            ("febf::1", .linkLocal), ("fec0::1", .siteLocal), ("ff02::1", .multicast), ("1fff::1", .reserved),
            ("4000::1", .reserved), ("5f00::1", .reserved),
        ] as [(String, AddressKind)])
    func knowsSpecialAddresses(text: String, kind: AddressKind) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressKind.of(address) == kind)
        #expect(!AddressPolicy().allows(address))
        #expect(AddressPolicy(allowsPrivateAddresses: true).allows(address))
    }

    @Test(arguments: [
        "1.0.0.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
        "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "203.0.112.1",
        "203.0.114.0", "223.255.255.255", "2000::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2003::1",
        "2606:4700::1111", "3ffe::1", "3fff:1000::1",
    ])
    func allowsPublicAddresses(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressKind.of(address) == nil)
        #expect(AddressPolicy().allows(address))
    }

    @Test func allowsConfiguredNetworksOnly() throws {
        let policy = AddressPolicy(allowedNetworks: ["10.1.0.0/16", "fd00::/8", "::1"])
        for text in ["10.1.0.0", "10.1.255.255", "fdab::1", "::1", "8.8.8.8"] {
            #expect(policy.allows(try #require(IPAddress(text))), "\(text)")
        }
        for text in ["10.2.0.0", "10.0.255.255", "fc00::1", "::2", "::ffff:10.1.0.1", "127.0.0.1"] {
            #expect(!policy.allows(try #require(IPAddress(text))), "\(text)")
        }
    }

    @Test(arguments: [
        ("64:ff9b::/96", "64:ff9b::8.8.8.8", true), ("64:ff9b::/96", "64:ff9b::127.0.0.1", false),
        ("::ffff:0:0/96", "::ffff:8.8.8.8", true), ("::ffff:0:0/96", "::ffff:10.0.0.1", false),
        ("2002::/16", "2002:808:808::1", true), ("2002::/16", "2002:a00:1::1", false),
        // Teredo: the client's address inverted.
        ("2001::/32", "2001::f7f7:f7f7", true), ("2001::/32", "2001::80ff:fffe", false),
    ])
    func checksTheIPv4AddressInside(network: String, text: String, isAllowed: Bool) throws {
        let policy = AddressPolicy(allowedNetworks: [try IPNetwork(network)])
        #expect(policy.allows(try #require(IPAddress(text))) == isAllowed)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8", "::/129", "10.0.0/8", "example.org/8", "fd00::1/8", "1.2.3.4/x",
    ])
    func refusesMalformedNetworks(text: String) {
        #expect(throws: RequestError.self) { try IPNetwork(text) }
    }

    @Test(arguments: ["", "1", "127.1", "0x7f000001", "0177.0.0.1.", "1.2.3.4.5", "256.1.1.1", "fe80::1%lo", "::g"])
    func readsNoLooseAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }
}
