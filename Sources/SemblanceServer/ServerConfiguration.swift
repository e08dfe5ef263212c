import SemblanceCore

/// Where the HTTP server listens, whom it lets in and how much it takes on.
///
/// What may go on at a time is for all clients together. A quarter of it is any one client's, but for programs of this
/// machine without a key, which may have it all.
public struct ServerConfiguration: Sendable, Hashable {
    /// Address or name to bind to. Default 127.0.0.1: this machine only.
    public var host: String
    /// 0…65535; 0 takes a free one. Default 8000.
    public var port: Int
    /// Lets everyone in without a key, on any address. Default `false`. Other web pages stay shut out all the same:
    /// clients name this server by its IP address, as localhost, or by one of `allowedHosts`.
    public var allowAnonymous: Bool
    /// Asks for a key on this machine's own addresses, too, such as behind a proxy, for which every client looks local.
    /// Default `false`.
    public var alwaysRequiresKey: Bool
    /// Names under which clients without a key may reach this server, besides loopback names and IP addresses.
    public var allowedHosts: [String]
    /// Bytes of a request body that is held in memory, such as JSON. Default 16 MB; 1 kB…1 GB.
    public var maximumJSONByteCount: Int
    /// Requests a minute that one client may make on average; clients on this machine are not counted. `nil` for no
    /// limit. Default 1200; 1…1,000,000.
    public var requestsPerMinute: Int?
    /// Requests that a client may make at once before the average counts. Default 200; 1…1,000,000.
    public var requestBurst: Int
    /// Requests in work at a time; more are refused. Default 256; 1…65536.
    public var maximumRequestCount: Int
    /// Uploads being received at a time; more are refused. Default 32; 1…65536.
    public var maximumUploadCount: Int
    /// Searches that fetch images by URL at a time; more are refused. Default 16; 1…65536.
    public var maximumFetchingSearchCount: Int
    /// How long such a search may take, however many URLs it names. Default 60 s; 10 ms…1 h.
    public var fetchingTimeLimit: Duration
    /// Event streams and polls that are open; more are refused. Default 1024; 1…65536.
    public var maximumWaitingClientCount: Int
    /// Open connections; more wait to be accepted. Default 2048; 1…65536.
    public var maximumConnectionCount: Int
    /// A connection without traffic is closed after this time. Default 75 s; 1 s…1 h.
    public var idleTimeout: Duration
    /// An event stream says this often that it is alive. Default 15 s; 10 ms…10 min.
    public var heartbeat: Duration
    /// The longest that a poll for a task may wait. Default 5 min; 1 s…1 h.
    public var maximumPollDuration: Duration
    /// The folder of the web page; `nil` looks beside the program.
    public var webFolder: String?

    public init(
        host: String = "127.0.0.1", port: Int = 8000, allowAnonymous: Bool = false,
        alwaysRequiresKey: Bool = false, allowedHosts: [String] = [], maximumJSONByteCount: Int = 16_000_000,
        requestsPerMinute: Int? = 1200, requestBurst: Int = 200,
        maximumRequestCount: Int = 256, maximumUploadCount: Int = 32, maximumFetchingSearchCount: Int = 16,
        fetchingTimeLimit: Duration = .seconds(60), maximumWaitingClientCount: Int = 1024,
        maximumConnectionCount: Int = 2048, idleTimeout: Duration = .seconds(75), heartbeat: Duration = .seconds(15),
        maximumPollDuration: Duration = .seconds(300), webFolder: String? = nil
    ) {
        self.host = host
        self.port = port
        self.allowAnonymous = allowAnonymous
        self.alwaysRequiresKey = alwaysRequiresKey
        self.allowedHosts = allowedHosts
        self.maximumJSONByteCount = maximumJSONByteCount
        self.requestsPerMinute = requestsPerMinute
        self.requestBurst = requestBurst
        self.maximumRequestCount = maximumRequestCount
        self.maximumUploadCount = maximumUploadCount
        self.maximumFetchingSearchCount = maximumFetchingSearchCount
        self.fetchingTimeLimit = fetchingTimeLimit
        self.maximumWaitingClientCount = maximumWaitingClientCount
        self.maximumConnectionCount = maximumConnectionCount
        self.idleTimeout = idleTimeout
        self.heartbeat = heartbeat
        self.maximumPollDuration = maximumPollDuration
        self.webFolder = webFolder
    }

    /// Whether only programs of this machine can connect.
    public var isLoopback: Bool { HostName(host).isLoopback }

    /// Whether a request without a key is refused.
    public var requiresKey: Bool { alwaysRequiresKey || !isLoopback && !allowAnonymous }

    /// - Throws: `ServerError` with `server-configuration`, naming the value that is out of range.
    public func validate() throws {
        guard !host.isEmpty else { throw Self.outOfRange("host", "an address such as 127.0.0.1", "empty") }
        guard !(alwaysRequiresKey && allowAnonymous) else {
            throw ServerError(
                .configuration,
                "A server that lets everyone in (--allow-anonymous) cannot ask for keys (--require-key).")
        }
        try Self.check("port", port, in: 0...65_535)
        try Self.check("limit on a JSON body", maximumJSONByteCount, in: 1_000...1_000_000_000)
        try Self.check("number of requests a minute", requestsPerMinute ?? 1, in: 1...1_000_000)
        try Self.check("number of requests at once", requestBurst, in: 1...1_000_000)
        try Self.check("number of requests in work", maximumRequestCount, in: 1...65_536)
        try Self.check("number of uploads", maximumUploadCount, in: 1...65_536)
        try Self.check("number of searches that fetch images", maximumFetchingSearchCount, in: 1...65_536)
        try Self.check(
            "time limit of a search that fetches images", fetchingTimeLimit, in: .milliseconds(10) ... .seconds(3600))
        try Self.check("number of waiting clients", maximumWaitingClientCount, in: 1...65_536)
        try Self.check("number of connections", maximumConnectionCount, in: 1...65_536)
        try Self.check("idle time-out", idleTimeout, in: .seconds(1) ... .seconds(3600))
        try Self.check("heartbeat", heartbeat, in: .milliseconds(10) ... .seconds(600))
        try Self.check("longest poll", maximumPollDuration, in: .seconds(1) ... .seconds(3600))
    }

    private static func check<Value: Comparable>(_ name: String, _ value: Value, in range: ClosedRange<Value>) throws {
        guard range.contains(value) else {
            throw outOfRange(name, "\(range.lowerBound) to \(range.upperBound)", "\(value)")
        }
    }

    private static func outOfRange(_ name: String, _ expected: String, _ found: String) -> ServerError {
        ServerError(.configuration, "The server's \(name) is \(expected), not \(found).")
    }
}
