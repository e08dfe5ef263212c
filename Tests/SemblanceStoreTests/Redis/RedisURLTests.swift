import SemblanceCore
import SemblanceStore
import Testing

@Suite struct RedisURLTests {
    @Test(arguments: [
        ("redis://localhost", "redis://localhost:6379/0"),
        ("redis://10.0.0.7:7000/3", "redis://10.0.0.7:7000/3"),
        ("REDIS://Queue.example/", "redis://Queue.example:6379/0"),
        ("valkey://h:1", "redis://h:1/0"),
        ("redis://[::1]:6380/2", "redis://[::1]:6380/2"),
        ("redis://:s3cret@h", "redis://h:6379/0"),
        ("redis://anna:s3cret@h/1", "redis://anna@h:6379/1"),
        ("unix:///run/redis/redis.sock", "unix:///run/redis/redis.sock"),
        ("redis+unix:///tmp/r.sock?db=4&password=s3cret", "unix:///tmp/r.sock?db=4"),
    ])
    func saysWhereItLeadsAndNoPassword(text: String, shown: String) throws {
        let url = try RedisURL(text)
        #expect("\(url)" == shown)
        #expect(!"\(url)".contains("s3cret"))
    }

    @Test func decodesPasswords() throws {
        let url = try RedisURL("redis://us%40er:p%40ss%2F%3A%23@h")
        #expect(url.user == "us@er")
        #expect(url.password == "p@ss/:#")
        #expect(try RedisURL("redis://:@h").password == nil)
    }

    @Test(arguments: [
        "", "redis", "redis://", "redis://:pw-17@", "redis:///0", "redis://h:0", "redis://h:70000", "redis://h:port",
        "redis://h/x", "redis://h/1/2", "redis://h/-1", "redis://h/99999999999999999999", "redis://user@h",
        "redis://:a#b@h", "redis://h?db=1", "unix://socket", "unix:///", "unix:///s?db=x", "unix:///s?other=1",
        "unix:///\(String(repeating: "x", count: 108))", "http://h", "postgres://h/db", "redis://h o:1",
        "redis://:%00@h",
    ])
    func refusesWhatIsNotAURLOfRedis(text: String) throws {
        let error = try #require(throws: JobError.self) { try RedisURL(text) }
        #expect(error.code == .queueRefused)
        #expect(!error.message.contains("\n"))
        #expect(!error.message.contains("pw-17"))
    }

    @Test func refusesTLSInOneLineThatSaysWhy() throws {
        let error = try #require(throws: JobError.self) { try RedisURL("rediss://:pw-17@h:6380") }
        #expect(error.code == .queueRefused)
        #expect(error.message.contains("TLS") && !error.message.contains("pw-17") && !error.message.contains("\n"))
    }
}
