/// How the database is used.
public struct PostgresConfiguration: Sendable, Hashable {
    public var url: PostgresURL
    /// Connections, and threads that use them. Default 8; 1…200.
    public var connectionCount: Int
    /// How long a host may take to accept a connection. Default 5 s; 100 ms or more.
    public var connectTimeLimit: Duration
    /// How long a statement may take. Default 30 s; 100 ms or more. Building an index and migrating have their own.
    public var statementTimeLimit: Duration
    /// How long work waits for a free connection. Default 10 s; 100 ms or more.
    public var waitTimeLimit: Duration
    /// For how long reading is tried again while the server cannot be reached. Default 5 s.
    public var readRetryTime: Duration
    /// For how long a transaction is tried again while the server cannot be reached. Default 15 s.
    public var writeRetryTime: Duration
    /// Whether embeddings are kept in half precision, which takes half the space. Those of more than 2,000 dimensions
    /// always are. Holds for model versions that are new to the database. Default `false`.
    public var usesHalfPrecision: Bool
    /// Whether a pgvector with known faults is put up with. Default `false`.
    public var acceptsOlderExtension: Bool

    public init(
        url: PostgresURL, connectionCount: Int = 8, connectTimeLimit: Duration = .seconds(5),
        statementTimeLimit: Duration = .seconds(30), waitTimeLimit: Duration = .seconds(10),
        readRetryTime: Duration = .seconds(5), writeRetryTime: Duration = .seconds(15),
        usesHalfPrecision: Bool = false, acceptsOlderExtension: Bool = false
    ) {
        precondition((1...200).contains(connectionCount), "connectionCount is 1 to 200")
        let limits = [connectTimeLimit, statementTimeLimit, waitTimeLimit]
        precondition(limits.allSatisfy { $0 >= .milliseconds(100) }, "time limits are 100 ms or more")
        self.url = url
        self.connectionCount = connectionCount
        self.connectTimeLimit = connectTimeLimit
        self.statementTimeLimit = statementTimeLimit
        self.waitTimeLimit = waitTimeLimit
        self.readRetryTime = readRetryTime
        self.writeRetryTime = writeRetryTime
        self.usesHalfPrecision = usesHalfPrecision
        self.acceptsOlderExtension = acceptsOlderExtension
    }
}
