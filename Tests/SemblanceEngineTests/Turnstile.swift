import Synchronization

/// Counts, and lets through whoever waits for a number.
final class Turnstile: Sendable {
    private struct State {
        var total = 0
        var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var total: Int { state.withLock { $0.total } }

    func count(_ count: Int) {
        let passing = state.withLock { state in
            state.total += count
            let total = state.total
            defer { state.waiting.removeAll { $0.number <= total } }
            return state.waiting.filter { $0.number <= total }
        }
        for waiter in passing { waiter.continuation.resume() }
    }

    func wait(for number: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.total < number { state.waiting.append((number, continuation)) }
                return state.total >= number
            }
            if isThere { continuation.resume() }
        }
    }
}
