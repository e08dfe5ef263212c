import SemblanceCore

extension RedisJobQueue {
    var deadLettersKey: String { "\(configuration.keyPrefix):dead" }

    func bury(_ id: Job.ID, entry: String, lane: Job.Lane, reason: String, tries: Int) async throws {
        _ = try await run(
            RedisScript.bury, lane, otherKeys: [deadLettersKey],
            [
                consumer, id.rawValue, entry, lane.rawValue, String(reason.prefix(500)), "\(tries)",
                "\(configuration.deadLetterCapacity)",
            ])
    }

    public func deadLetters(limit: Int) async throws -> [DeadLetter] {
        try await entries(limit: limit).map(\.letter)
    }

    public func removeDeadLetter(of id: Job.ID) async throws -> Bool {
        let names = try await entries(limit: 2 * configuration.deadLetterCapacity)
            .filter { $0.letter.job == id }.map(\.name)
        guard !names.isEmpty else { return false }
        _ = try await client.call(["XDEL", deadLettersKey] + names)
        return true
    }

    private func entries(limit: Int) async throws -> [(name: String, letter: DeadLetter)] {
        let reply = try await client.call(["XREVRANGE", deadLettersKey, "+", "-", "COUNT", "\(limit)"])
        return reply.items.compactMap { entry in
            guard let name = entry[0].text, let letter = DeadLetter(name: name, fields: entry[1].items) else {
                return nil
            }
            return (name, letter)
        }
    }
}

extension DeadLetter {
    /// - Parameters:
    ///   - name: the entry's, which begins with its time in milliseconds.
    ///   - fields: names and values by turns.
    fileprivate init?(name: String, fields: [RedisReply]) {
        var values: [String: String] = [:]
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            values[fields[index].text ?? ""] = fields[index + 1].text
        }
        guard let job = values["job"], let lane = values["lane"].flatMap(Job.Lane.init(rawValue:)),
            let milliseconds = name.split(separator: "-").first.flatMap({ Int64($0) })
        else { return nil }
        self.init(
            job: Job.ID(rawValue: job), lane: lane, reason: values["reason"] ?? "",
            tries: values["tries"].flatMap { Int($0) } ?? 0, milliseconds: milliseconds)
    }
}
