import SemblanceCore
import SemblanceFetch
import Testing

@Suite struct ImageURLTests {
    @Test(arguments: [
        ("http://Example.ORG", "http://example.org/", "example.org"),
        ("HTTPS://example.org:443/a/b.jpg?x=1#top", "https://example.org/a/b.jpg?x=1", "b.jpg"),
        ("http://example.org:8080/a/", "http://example.org:8080/a/", "example.org"),
        ("http://example.org?x=/y", "http://example.org/?x=/y", "example.org"),
        ("http://example.org/Ente%20gro%C3%9F.png", "http://example.org/Ente%20gro%C3%9F.png", "Ente groß.png"),
        ("http://example.org/Ente groß.png", "http://example.org/Ente%20gro%C3%9F.png", "Ente groß.png"),
        ("http://example.org/a%2F..%2Fb", "http://example.org/a%2F..%2Fb", "b"),
        ("http://example.org/..", "http://example.org/..", "example.org"),
        ("http://[2606:4700:0::1111]:443/x", "http://[2606:4700::1111]:443/x", "x"),
        ("https://a_b-c.example./x", "https://a_b-c.example./x", "x"),
    ])
    func rebuildsURLs(text: String, rebuilt: String, name: String) throws {
        let url = try ImageURL(text)
        #expect(url.text == rebuilt)
        #expect(url.name == name)
    }

    @Test(arguments: [
        "", "example.org/a.jpg", "ftp://example.org/", "file:///etc/passwd", "javascript://example.org/",
        "http:/example.org",
        "http://", "http:///a", "http://user@example.org/", "http://user:secret@example.org/",
        "http://example.org@10.0.0.1/",
        "http://example.org\\@10.0.0.1/", "http://exa mple.org/", "http://bücher.example/", "http://a/\u{0}",
        "http://a\r\nHost: b/",
        " http://example.org/", "http://example.org:/", "http://example.org:0/", "http://example.org:25/",
        "http://example.org:65536/",
        "http://example.org:+80/", "http://example.org:80:80/", "http://[::1/", "http://[1.2.3.4]/",
        "http://[fe80::1%25lo]/",
        "http://[::1]x/", "http://exa%6dple.org/", "http://example.org\u{2215}a/",
        "http://" + String(repeating: "a", count: 254) + "/", "http://a/" + String(repeating: "a", count: 8192),
    ])
    func refusesURLs(text: String) {
        let error = #expect(throws: ImageError.self) { try ImageURL(text) }
        #expect(error?.code == .fetchRefused)
    }

    /// A combining mark on the slash makes another character of it, but the slash ends the host all the same.
    @Test func endsTheHostAtASlashWithACombiningMark() throws {
        #expect(try ImageURL("http://example.org/\u{338}@10.0.0.1").host == "example.org")
    }

    @Test(arguments: [
        ("/b.jpg", "http://example.org:8080/b.jpg"), ("b.jpg?y", "http://example.org:8080/a/b.jpg?y"),
        ("../b c.jpg", "http://example.org:8080/b%20c.jpg"), ("//other.example/x", "http://other.example/x"),
        ("https://other.example", "https://other.example/"), ("?z", "http://example.org:8080/a/a.jpg?z"),
    ])
    func followsRedirects(location: String, target: String) throws {
        #expect(try ImageURL("http://example.org:8080/a/a.jpg?x#y").redirect(to: location).text == target)
    }

    @Test(arguments: ["http://example.org/", "ftp://example.org/", "http://[", "//a@b/", "file:/etc/passwd"])
    func refusesRedirectsFromHTTPS(location: String) throws {
        let url = try ImageURL("https://example.org/a.jpg")
        #expect(throws: ImageError.self) { try url.redirect(to: location) }
    }
}
