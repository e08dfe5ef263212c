import Foundation
import SemblanceCore

/// Reads as `SmallImageReader` does, but can be told to hold every picture before it is decoded: stands for pictures
/// that take long, for as long as a test needs.
///
/// `@unchecked Sendable`: `isHolding` and `heldCount` are guarded by `condition`.
public final class HeldImageReader: ImageReader, @unchecked Sendable {
    private let reader = SmallImageReader()
    private let condition = NSCondition()
    private var isHolding = false
    private var held = 0

    public init() {}

    /// Pictures that wait.
    public var heldCount: Int { condition.withLock { held } }

    public func hold() {
        condition.withLock { isHolding = true }
    }

    public func letGo() {
        condition.withLock {
            isHolding = false
            condition.broadcast()
        }
    }

    public func header(of bytes: UnsafeRawBufferPointer) throws -> ImageHeader { try reader.header(of: bytes) }

    public func prepare(
        _ bytes: UnsafeRawBufferPointer, for preprocessing: Preprocessing, region: Region?
    ) throws -> DecodedImage {
        condition.withLock {
            held += 1
            while isHolding { condition.wait() }
            held -= 1
        }
        return try reader.prepare(bytes, for: preprocessing, region: region)
    }

    public func thumbnail(of bytes: UnsafeRawBufferPointer, longestSide: Int) throws -> [UInt8] {
        try reader.thumbnail(of: bytes, longestSide: longestSide)
    }
}
