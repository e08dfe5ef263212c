import Foundation
import Synchronization

/// Uninitialised bytes for pixels.
///
/// `@unchecked Sendable`: `pointer` is only used by whoever took the buffer out of the pool, one thread at a time.
package final class PixelBuffer: @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<UInt8>
    package let capacity: Int

    package init(capacity: Int) {
        self.capacity = capacity
        pointer = .allocate(capacity: capacity)
    }

    deinit { pointer.deallocate() }
}

/// Buffers for reuse: a fresh megabyte costs 250 page faults, a tenth of a millisecond.
package final class PixelBufferPool: Sendable {
    /// Larger buffers are not kept.
    private static let maximumKeptByteCount = 16 << 20
    private let maximumCount: Int
    private let free = Mutex<[PixelBuffer]>([])

    /// - Parameter maximumCount: buffers that are kept, at most 16 MB each; by default what one picture needs, three,
    ///   for each core.
    package init(maximumCount: Int = 3 * ProcessInfo.processInfo.activeProcessorCount) {
        self.maximumCount = maximumCount
    }

    /// A buffer of at least `byteCount` bytes: the smallest kept one that is large enough, or a new one.
    package func take(byteCount: Int) -> PixelBuffer {
        let kept = free.withLock { free -> PixelBuffer? in
            let fitting = free.indices.filter { free[$0].capacity >= byteCount }
            guard let best = fitting.min(by: { free[$0].capacity < free[$1].capacity }) else { return nil }
            return free.remove(at: best)
        }
        return kept ?? PixelBuffer(capacity: byteCount)
    }

    /// Keeps a buffer for later. Full pools drop their smallest buffer for a larger one.
    package func giveBack(_ buffer: PixelBuffer) {
        guard buffer.capacity <= Self.maximumKeptByteCount else { return }
        free.withLock { free in
            free.append(buffer)
            guard free.count > maximumCount else { return }
            if let smallest = free.indices.min(by: { free[$0].capacity < free[$1].capacity }) {
                free.remove(at: smallest)
            }
        }
    }
}
