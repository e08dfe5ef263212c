import SemblanceCore

/// Whole pixels of an upright image.
package struct PixelBox: Hashable, Sendable {
    package let columns: Range<Int>
    package let rows: Range<Int>

    package var width: Int { columns.count }
    package var height: Int { rows.count }

    /// All of an image.
    package init(width: Int, height: Int) {
        columns = 0..<width
        rows = 0..<height
    }

    /// The pixels of a region: its edges, rounded to the nearest edge between pixels.
    /// - Throws: `ImageError` with `image-region-outside` if no pixel is left.
    package init(_ region: Region, width: Int, height: Int) throws(ImageError) {
        let columns = Self.pixels(from: region.x, length: region.width, of: width)
        let rows = Self.pixels(from: region.y, length: region.height, of: height)
        guard let columns, let rows else {
            throw ImageError(
                .regionOutside,
                """
                The region covers less than one pixel of this image of \(width) × \(height) pixels; choose a larger \
                one that lies within the image.
                """)
        }
        self.columns = columns
        self.rows = rows
    }

    private static func pixels(from start: Double, length: Double, of side: Int) -> Range<Int>? {
        guard start.isFinite, length.isFinite, start >= 0, length > 0, start + length <= 1.00001 else { return nil }
        let lower = Int((start * Double(side)).rounded())
        let upper = min(side, Int(((start + length) * Double(side)).rounded()))
        return lower < upper ? lower..<upper : nil
    }
}
