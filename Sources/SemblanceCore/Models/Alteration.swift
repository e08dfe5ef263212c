/// A change that a copy of a picture goes through on its way around the world.
public struct Alteration: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A part of it, somewhere.
        case crop
        /// Turned a little, with black corners.
        case rotation
        /// Left and right exchanged.
        case flip
        /// Made small.
        case shrinking
        /// Saved as a JPEG of low quality.
        case compression
        case blur
        /// Brightness, contrast, saturation and hue.
        case colour
        /// Words over it.
        case text
        /// In the middle of a phone's or a computer's screen.
        case screenshot
    }

    public let kind: Kind
    /// From 0, hardly to be seen, to 1, hardly to be recognised. A flip knows no strength.
    public let strength: Double
    /// Numbers from 0 up to 1 that decide what is left to chance: the same ones give the same copy.
    public let draws: [Double]

    /// Numbers that every kind can do with.
    public static let drawCount = 8

    /// - Precondition: `drawCount` draws.
    public init(_ kind: Kind, strength: Double, draws: [Double]) {
        precondition(draws.count == Self.drawCount && draws.allSatisfy { (0..<1).contains($0) })
        self.kind = kind
        self.strength = min(max(strength, 0), 1)
        self.draws = draws
    }
}

/// Makes altered copies of pictures. Thread-safe. Calls block: run them on a `ThreadPool`.
public protocol ImageAlterer: Sendable {
    /// A copy as a JPEG, upright, in sRGB, over white, without metadata.
    /// - Throws: `ImageError`.
    func alter(_ bytes: UnsafeRawBufferPointer, by alteration: Alteration) throws -> [UInt8]
}
