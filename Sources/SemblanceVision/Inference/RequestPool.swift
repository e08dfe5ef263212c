import Foundation
import SemblanceCore

/// Lends a model's requests to the threads that embed.
///
/// Callers block while all requests are lent, so calls belong on threads that may block.
/// `@unchecked Sendable`: `idle` is guarded by `condition`.
final class RequestPool: @unchecked Sendable {
    private let condition = NSCondition()
    private var idle: [OpenVINORequest]

    /// - Precondition: at least one request.
    init(_ requests: [OpenVINORequest]) {
        precondition(!requests.isEmpty)
        idle = requests
    }

    /// Runs `body` with at least one request, and with up to `count` if they are idle: a lone caller gets every
    /// stream, and one of many gets one.
    func lend<Result>(
        upTo count: Int, _ body: ([OpenVINORequest]) throws(ModelError) -> Result
    ) throws(ModelError) -> Result {
        let requests = take(upTo: count)
        defer { giveBack(requests) }
        return try body(requests)
    }

    private func take(upTo count: Int) -> [OpenVINORequest] {
        condition.withLock {
            while idle.isEmpty { condition.wait() }
            let taken = Array(idle.suffix(max(count, 1)))
            idle.removeLast(taken.count)
            return taken
        }
    }

    private func giveBack(_ requests: [OpenVINORequest]) {
        condition.withLock {
            idle += requests
            condition.broadcast()
        }
    }
}
