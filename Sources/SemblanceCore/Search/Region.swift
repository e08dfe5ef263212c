import Foundation

/// A box in an upright image, in fractions of its width and height; the origin is the top left corner.
public struct Region: Hashable, Sendable, Codable {
    public let x: Double
    public let y: Double
    public let width: Double
    public let height: Double

    /// - Throws: `RequestError` with `invalid-region` unless the box has an area and lies within 0…1.
    public init(x: Double, y: Double, width: Double, height: Double) throws {
        let tolerance = 1e-6
        guard [x, y, width, height].allSatisfy(\.isFinite), x >= 0, y >= 0, width > 0, height > 0,
            x + width <= 1 + tolerance, y + height <= 1 + tolerance
        else {
            throw RequestError(
                .invalidRegion,
                "A region is x,y,w,h in fractions of the image, each from 0 to 1, with x+w and y+h at most 1.")
        }
        self.x = x
        self.y = y
        self.width = min(width, 1 - x)
        self.height = min(height, 1 - y)
    }

    /// Reads `x,y,w,h`.
    /// - Throws: `RequestError` with `invalid-region`.
    public init(text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { Double($0.trimmingCharacters(in: .whitespaces)) }
        guard parts.count == 4, let x = parts[0], let y = parts[1], let width = parts[2], let height = parts[3] else {
            throw RequestError(.invalidRegion, "A region is four numbers, x,y,w,h, such as 0.25,0.25,0.5,0.5.")
        }
        try self.init(x: x, y: y, width: width, height: height)
    }
}
