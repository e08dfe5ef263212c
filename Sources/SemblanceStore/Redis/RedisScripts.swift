import SemblanceCore

/// The steps of the queue that must happen as one: nothing comes between. A script that fails in the middle, because
/// the server's memory is full, has taken nothing away yet.
///
/// Each may be sent twice, because an answer may be lost: a job's entry in `known`, and who holds that, tell whether a
/// step is still to be done. Times are the server's, so that clocks of workers do not matter.
package enum RedisScript {
    /// Names for the keys and arguments, and what several scripts need. A stream that was not there held nothing of what
    /// is said to be known.
    private static let preamble = """
        local stream, known, delayed, tries, workers, counters = unpack(KEYS)
        local group = 'workers'
        local function now()
            local t = redis.call('TIME')
            return t[1] * 1000 + math.floor(t[2] / 1000)
        end
        local function pending()
            local p = redis.pcall('XPENDING', stream, group)
            if p.err then
                if not string.find(p.err, '^NOGROUP') and not string.find(p.err, 'No such key') then return p end
                local made = redis.pcall('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
                if made.err then return made end
                if redis.call('XLEN', stream) == 0 then
                    redis.call('DEL', known)
                    for _, id in ipairs(redis.call('ZRANGE', delayed, 0, -1)) do
                        redis.call('HSET', known, id, 'delayed')
                    end
                end
                return {0, created = true}
            end
            return p
        end
        local function add(id)
            local entry = redis.pcall('XADD', stream, '*', 'job', id)
            if type(entry) == 'table' then return entry end
            redis.call('HSET', known, id, entry)
        end
        local function holds(worker, entry)
            local p = redis.pcall('XPENDING', stream, group, entry, entry, 1)
            return not p.err and p[1] and p[1][2] == worker
        end
        local function drop(entry)
            redis.call('XACK', stream, group, entry)
            redis.call('XDEL', stream, entry)
        end

        """

    /// Jobs come in. Arguments: capacity, ids. Answers how many were taken or known; fewer than ids if it is full.
    package static let enqueue =
        preamble + """
            local p = pending()
            if p.err then return p end
            local room = ARGV[1] - (redis.call('XLEN', stream) - p[1]) - redis.call('ZCARD', delayed)
            for i = 2, #ARGV do
                if redis.call('HEXISTS', known, ARGV[i]) == 0 then
                    if room <= 0 then return i - 2 end
                    local failure = add(ARGV[i])
                    if failure then return failure end
                    room = room - 1
                end
            end
            return #ARGV - 1
            """

    /// Before a read. Arguments: worker, for how many milliseconds it counts as present. Moves jobs whose pause is over
    /// into the stream. Answers how many milliseconds it is until the next is, or −1; and 1 if the group was not there.
    package static let upkeep =
        preamble + """
            local p = pending()
            if p.err then return p end
            local t = now()
            redis.call('ZADD', workers, t + ARGV[2], ARGV[1])
            redis.call('ZREMRANGEBYSCORE', workers, '-inf', t)
            for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', t, 'LIMIT', 0, 500)) do
                local failure = add(id)
                if failure then return failure end
                redis.call('ZREM', delayed, id)
            end
            local next = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
            return {next[2] and math.max(0, next[2] - t) or -1, p.created and 1 or 0}
            """

    /// Takes over what dead workers left. Arguments: worker, lease in milliseconds, at most so many. Answers a list of
    /// job, entry, tries. Forgets workers that have not asked for an hour and hold nothing.
    package static let takeOver =
        preamble + """
            local p = pending()
            if p.err then return p end
            local found, cursor, wanted = {}, '0-0', tonumber(ARGV[3])
            repeat
                local page = redis.call(
                    'XAUTOCLAIM', stream, group, ARGV[1], ARGV[2], cursor, 'COUNT', wanted - #found)
                cursor = page[1]
                for _, entry in ipairs(page[2]) do
                    if entry and entry[2] then
                        local id = entry[2][2]
                        if redis.call('HGET', known, id) == entry[1] then
                            redis.call('HINCRBY', counters, 'takeovers', 1)
                            found[#found + 1] = {id, entry[1], redis.call('HINCRBY', tries, id, 1)}
                        else
                            drop(entry[1])
                        end
                    end
                end
            until cursor == '0-0' or #found >= wanted
            for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
                if consumer[4] == 0 and consumer[6] > 3600000 then
                    redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer[2])
                end
            end
            return found
            """

    /// A job is done with. Arguments: worker, id, entry. Nothing happens if the entry is another worker's by now.
    package static let acknowledge =
        preamble + """
            if not holds(ARGV[1], ARGV[3]) then return 0 end
            drop(ARGV[3])
            if redis.call('HGET', known, ARGV[2]) == ARGV[3] then
                redis.call('HDEL', known, ARGV[2])
                redis.call('HDEL', tries, ARGV[2])
            end
            return 1
            """

    /// A job goes back. Arguments: worker, id, entry, pause in milliseconds.
    package static let putBack =
        preamble + """
            if not holds(ARGV[1], ARGV[3]) then return 0 end
            if redis.call('HGET', known, ARGV[2]) == ARGV[3] then
                if tonumber(ARGV[4]) > 0 then
                    redis.call('ZADD', delayed, now() + ARGV[4], ARGV[2])
                    redis.call('HSET', known, ARGV[2], 'delayed')
                else
                    local failure = add(ARGV[2])
                    if failure then return failure end
                end
            end
            drop(ARGV[3])
            return 1
            """

    /// A job could not be run. Arguments: worker, id, entry. Answers how often that is so now, or 0 if the job is another
    /// worker's by now.
    package static let countTry =
        preamble + """
            if not holds(ARGV[1], ARGV[3]) then return 0 end
            redis.call('HINCRBY', counters, 'retries', 1)
            return redis.call('HINCRBY', tries, ARGV[2], 1)
            """

    /// A job is given up. Keys: also the dead letters. Arguments: worker, id, entry, lane, reason, tries, letters to keep.
    package static let bury =
        preamble + """
            if not holds(ARGV[1], ARGV[3]) then return 0 end
            if redis.call('HGET', known, ARGV[2]) == ARGV[3] then
                redis.call(
                    'XADD', KEYS[7], 'MAXLEN', '~', ARGV[7], '*', 'job', ARGV[2], 'lane', ARGV[4], 'reason',
                    ARGV[5], 'tries', ARGV[6])
                redis.call('HINCRBY', counters, 'dead', 1)
                redis.call('HDEL', known, ARGV[2])
                redis.call('HDEL', tries, ARGV[2])
            end
            drop(ARGV[3])
            return 1
            """

    /// Jobs are still worked on. Arguments: worker, for how many milliseconds it counts as present, entries. An entry
    /// that another worker has taken over stays there.
    package static let renew =
        preamble + """
            if pending().err then return 0 end
            redis.call('ZADD', workers, now() + ARGV[2], ARGV[1])
            for i = 3, #ARGV do
                if holds(ARGV[1], ARGV[i]) then
                    redis.call('XCLAIM', stream, group, ARGV[1], 0, ARGV[i], 'JUSTID')
                end
            end
            return 1
            """

    /// A process ends. Arguments: worker. What it still holds is taken over when its lease is over.
    package static let leave =
        preamble + """
            redis.call('ZREM', workers, ARGV[1])
            if pending().err then return 0 end
            for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
                if consumer[2] == ARGV[1] and consumer[4] == 0 then
                    redis.call('XGROUP', 'DELCONSUMER', stream, group, ARGV[1])
                end
            end
            return 1
            """

    /// Answers: waiting in the stream, in hand, delayed, workers, retries, takeovers, dead letters, all that is known.
    package static let statistics =
        preamble + """
            local p = redis.pcall('XPENDING', stream, group)
            local inHand = p.err and 0 or p[1]
            local function counter(name) return tonumber(redis.call('HGET', counters, name) or 0) end
            return {
                redis.call('XLEN', stream) - inHand, inHand, redis.call('ZCARD', delayed),
                redis.call('ZCOUNT', workers, now(), '+inf'), counter('retries'), counter('takeovers'),
                counter('dead'), redis.call('HLEN', known)}
            """

    /// The command that runs a script over a lane.
    package static func command(
        _ script: String, _ keys: RedisLaneKeys, otherKeys: [String] = [], _ arguments: [String]
    ) -> [String] {
        let keys = keys.all + otherKeys
        return ["EVAL", script, "\(keys.count)"] + keys + arguments
    }
}
