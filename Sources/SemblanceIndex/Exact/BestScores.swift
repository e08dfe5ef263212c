/// The largest of many numbers: a heap with the smallest of them on top.
struct LargestNumbers {
    private var heap: [Double] = []
    private let limit: Int

    /// - Parameter limit: how many are kept; 1 or more.
    init(limit: Int) {
        self.limit = limit
        heap.reserveCapacity(min(limit, 4096))
    }

    /// The smallest of those kept once there are `limit`; before, nothing is too small.
    var floor: Double { heap.count < limit ? -.infinity : heap[0] }
    var values: [Double] { heap }

    mutating func offer(_ value: Double) {
        if heap.count < limit {
            heap.append(value)
            siftUp()
        } else if value > heap[0] {
            heap[0] = value
            siftDown()
        }
    }

    private mutating func siftUp() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent] <= heap[child] { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { return }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            if heap[parent] <= heap[child] { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }
}
