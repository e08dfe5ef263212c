import SemblanceCore
import SemblanceFetch
import Testing

/// The parts of a download that need no server; Tests/System/test_hub_pulls.py has the rest.
@Suite struct FileDownloadTests {
    @Test(
        arguments: [
            ("bytes 5-9/10", 5, 10), ("bytes 0-0/1", 0, 1), ("Bytes 7-99/*", 7, nil),
        ] as [(String, Int64, Int64?)])
    func readsContentRanges(text: String, first: Int64, total: Int64?) throws {
        let range = try #require(ContentRange(text))
        #expect(range.first == first && range.total == total)
    }

    @Test(arguments: ["", "bytes", "bytes */10", "items 5-9/10", "bytes 5-9", "bytes x-9/10"])
    func refusesWhatIsNoContentRange(text: String) {
        #expect(ContentRange(text) == nil)
    }

    @Test func readsTheSizeOfAnUnsatisfiedRange() {
        #expect(ContentRange.total(ofUnsatisfied: "bytes */10") == 10)
        #expect(ContentRange.total(ofUnsatisfied: "bytes 5-9/10") == nil)
    }

    @Test(arguments: [
        "http://example.com/w.pth", "ftp://example.com/w.pth", "file:///etc/passwd", "w.pth", "", "https://",
        "https://user:secret@example.com/w.pth", "http://127.0.0.1.example.com/w.pth",
    ])
    func refusesWhatDoesNotComeOverHTTPS(text: String) {
        #expect(throws: ModelError.self) { try FileURL(text) }
    }

    @Test(arguments: [
        "https://example.com/w.pth", "http://127.0.0.1:8000/w.pth", "http://localhost/w", "http://[::1]/w",
    ])
    func takesHTTPSAndThisMachine(text: String) throws {
        #expect(try FileURL(text).url.absoluteString == text)
    }

    @Test func followsRedirectsThatStaySecure() throws {
        let start = try FileURL("https://example.com/a/b")
        #expect(try start.redirect(to: "../c?d=e").url.absoluteString == "https://example.com/c?d=e")
        #expect(try start.redirect(to: "//other.example/x").url.absoluteString == "https://other.example/x")
        for bad in ["http://example.com/", "http://127.0.0.1/", "ftp://example.com/", "https://a:b@example.com/"] {
            #expect(throws: ModelError.self) { try start.redirect(to: bad) }
        }
        #expect(try FileURL("http://localhost/a").redirect(to: "http://localhost/b").host == "localhost")
    }

    @Test(
        arguments: [
            ("http://proxy.example:3128", "proxy.example", 3128, nil),
            ("proxy.example:8080", "proxy.example", 8080, nil),
            ("http://me:pw@proxy.example", "proxy.example", 80, "me"),
        ] as [(String, String, Int, String?)])
    func readsProxies(text: String, host: String, port: Int, user: String?) throws {
        let proxy = try #require(ProxyServer(text))
        #expect(proxy.host == host && proxy.port == port && proxy.user == user)
    }

    /// The password must not travel in the clear to a proxy that was named for its encryption.
    @Test(arguments: [
        "https://me:pw@proxy.example:8443", "socks5://proxy.example", "http://", "http://proxy.example:0",
    ])
    func refusesProxiesThatItCannotSpeakTo(text: String) {
        #expect(ProxyServer(text) == nil)
        let error = #expect(throws: ModelError.self) { try DownloadConfiguration(environment: ["HTTPS_PROXY": text]) }
        #expect(error?.message.contains("HTTPS_PROXY") == true && error?.message.contains("pw") == false)
    }

    @Test func honoursTheEnvironment() throws {
        let configuration = try DownloadConfiguration(environment: [
            "https_proxy": "http://proxy.example:3128", "NO_PROXY": "intern.example, .local.example,10.0.0.7",
            "SSL_CERT_FILE": "/etc/own.pem", "HF_ENDPOINT": "https://mirror.example/", "SEMBLANCE_STALL_SECONDS": "2.5",
        ])
        #expect(configuration.proxy(to: "example.com")?.host == "proxy.example")
        for host in ["intern.example", "a.intern.example", "b.local.example", "10.0.0.7", "localhost", "127.0.0.1"] {
            #expect(configuration.proxy(to: host) == nil, "\(host)")
        }
        #expect(configuration.proxy(to: "notintern.example") != nil)
        #expect(configuration.trustedCertificatesPath == "/etc/own.pem")
        #expect(configuration.huggingFaceMirror == "https://mirror.example")
        #expect(configuration.stallLimit == .milliseconds(2500))
        let none = try DownloadConfiguration(environment: ["HTTPS_PROXY": "", "NO_PROXY": ""])
        #expect(none == DownloadConfiguration())
        let all = try DownloadConfiguration(environment: ["HTTPS_PROXY": "p:1", "NO_PROXY": "*"])
        #expect(all.proxy(to: "example.com") == nil)
    }

    @Test(arguments: [
        ["HTTPS_PROXY": "socks5://proxy.example"], ["HTTPS_PROXY": "http://"], ["SEMBLANCE_STALL_SECONDS": "soon"],
        ["SEMBLANCE_STALL_SECONDS": "0"], ["SEMBLANCE_STALL_SECONDS": "-1"],
    ])
    func namesTheVariableThatMakesNoSense(environment: [String: String]) {
        let error = #expect(throws: ModelError.self) { try DownloadConfiguration(environment: environment) }
        #expect(error?.message.contains(environment.keys.first ?? "?") == true)
    }
}
