import SemblanceCore

extension JobError {
    /// What a user is told: never the server's own words, nor its address.
    init(redis error: any Error) {
        switch error {
        case let error as JobError: self = error
        case let error as RequestError: self.init(.queueUnavailable, error.message, underlying: error)
        case let loss as RedisConnectionLoss: self.init(.queueUnavailable, loss.sentence, underlying: loss)
        case let failure as RedisFailure: self.init(failure.errorCode, failure.sentence, underlying: failure)
        default: self.init(.queueUnavailable, "The job queue failed; try again in a moment.", underlying: error)
        }
    }
}

extension RedisConnectionLoss {
    fileprivate var sentence: String {
        switch cause {
        case .unreachable: "The job queue's server cannot be reached; try again in a moment."
        case .timedOut: "The job queue's server does not answer; try again in a moment."
        case .closed: "The job queue's server closed the connection; try again in a moment."
        }
    }
}

extension RedisFailure {
    /// Redis' own first words: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
    fileprivate var errorCode: JobErrorCode {
        switch code {
        case "NOAUTH", "WRONGPASS", "NOPERM", "NODATABASE", "WRONGTYPE": .queueRefused
        default: .queueUnavailable
        }
    }

    fileprivate var sentence: String {
        switch code {
        case "NOAUTH": "The job queue's server wants a password, and its URL has none: redis://:password@host."
        case "WRONGPASS": "The job queue's server does not accept the user or password of its URL."
        case "NOPERM": "The job queue's user may not do what is needed there: give it all commands on the queue's keys."
        case "NODATABASE": "The job queue's server has no database of the number that its URL names."
        case "WRONGTYPE": "The job queue's keys hold something else: use another database of the server."
        case "OOM": "The job queue's server has no memory left; try again in a moment."
        case "LOADING": "The job queue's server is still reading its data; try again in a moment."
        case "MISCONF": "The job queue's server cannot write to its disk and takes nothing in; try again in a moment."
        case "READONLY": "The job queue's server is a replica that takes nothing in; try again in a moment."
        default: "The job queue's server refuses what it is asked; the log has more. Try again in a moment."
        }
    }
}
