import SemblanceCore

extension Neighbour {
    /// Nearer first, ties by number.
    static func isNearer(_ left: Neighbour, _ right: Neighbour) -> Bool {
        left.score != right.score ? left.score > right.score : left.id < right.id
    }
}

extension NeighbourPair {
    /// More similar first, ties by numbers.
    static func isNearer(_ left: NeighbourPair, _ right: NeighbourPair) -> Bool {
        if left.score != right.score { return left.score > right.score }
        return left.first != right.first ? left.first < right.first : left.second < right.second
    }
}

/// The first few of many in a total order: a heap with the last of them on top.
///
/// Internal: a generic type called across modules is not specialised.
struct BestFew<Element> {
    private(set) var elements: [Element] = []
    private let limit: Int
    private let precedes: (Element, Element) -> Bool

    /// - Parameter limit: how many are kept; 1 or more.
    init(limit: Int, by precedes: @escaping (Element, Element) -> Bool) {
        self.limit = limit
        self.precedes = precedes
    }

    /// The last of those kept, once there are `limit`.
    var last: Element? { elements.count < limit ? nil : elements[0] }
    var sorted: [Element] { elements.sorted(by: precedes) }

    mutating func offer(_ element: Element) {
        if elements.count < limit {
            elements.append(element)
            siftUp()
        } else if precedes(element, elements[0]) {
            elements[0] = element
            siftDown()
        }
    }

    private mutating func siftUp() {
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !precedes(elements[parent], elements[child]) { return }
            elements.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= elements.count { return }
            if child + 1 < elements.count, precedes(elements[child], elements[child + 1]) { child += 1 }
            if !precedes(elements[parent], elements[child]) { return }
            elements.swapAt(parent, child)
            parent = child
        }
    }
}
