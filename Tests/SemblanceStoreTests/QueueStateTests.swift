import SemblanceCore
import SemblanceStore
import Testing

@Suite struct QueueStateTests {
    private let ids = (0..<5).map { Job.ID(rawValue: "job \($0)") }

    @Test func jobsThatWaitGoToWhoeverAsksFirst() {
        var state = QueueState(capacity: 5)
        #expect(state.next(for: 1) == nil)
        #expect(state.next(for: 2) == nil)
        #expect(state.enqueue(ids[0]) == .hand(ids[0], to: 1))
        #expect(state.enqueue(ids[1]) == .hand(ids[1], to: 2))
        #expect(state.enqueue(ids[2]) == .nothing)
        #expect(state.next(for: 3) == ids[2])
    }

    @Test func aWorkerThatLeftIsPassedOver() {
        var state = QueueState(capacity: 5)
        for waiter: QueueState.Waiter in [1, 2] { _ = state.next(for: waiter) }
        state.leave(1)
        #expect(state.enqueue(ids[0]) == .hand(ids[0], to: 2))
    }

    @Test func aFullQueueTakesWhatAWaitingWorkerCanHave() {
        var state = QueueState(capacity: 1)
        _ = state.next(for: 1)
        #expect(state.enqueue(ids[0]) == .hand(ids[0], to: 1))
        #expect(state.enqueue(ids[1]) == .nothing)
        #expect(state.enqueue(ids[2]) == .refuse)
        #expect(state.room == 0)
        #expect(state.next(for: 2) == ids[1])
        #expect(state.enqueue(ids[2]) == .nothing)
    }

    @Test func aRefusedJobIsNotKnown() {
        var state = QueueState(capacity: 1)
        _ = state.enqueue(ids[0])
        #expect(state.enqueue(ids[1]) == .refuse)
        #expect(state.knownCount == 1)
        _ = state.next(for: 1)
        #expect(state.enqueue(ids[1]) == .nothing)
        #expect(state.depth == 1)
    }

    @Test func orderSurvivesManyJobs() {
        var state = QueueState(capacity: 10_000)
        let many = (0..<5000).map { Job.ID(rawValue: "\($0)") }
        for id in many { #expect(state.enqueue(id) == .nothing) }
        #expect(many.allSatisfy { state.next(for: 1) == $0 })
        #expect(state.depth == 0)
    }

    @Test func aClosedQueueSendsEverybodyHomeAndTakesNothing() {
        var state = QueueState(capacity: 5)
        for waiter: QueueState.Waiter in [1, 2] { _ = state.next(for: waiter) }
        #expect(state.close() == [1, 2])
        #expect(state.enqueue(ids[0]) == .refuse)
        #expect(state.next(for: 3) == nil)
        #expect(state.close().isEmpty)
    }
}
