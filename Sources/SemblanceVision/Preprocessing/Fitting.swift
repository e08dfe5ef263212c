import SemblanceCore

/// Where an upright image's pixels go on a canvas: what is resized to what size, and which part of that is seen.
package struct Fitting: Hashable, Sendable {
    /// The size of the result.
    package let canvasWidth: Int
    package let canvasHeight: Int
    /// The size that the whole image is resized to; parts may fall outside the canvas.
    package let resizedWidth: Int
    package let resizedHeight: Int
    /// The columns and rows of the resized image that lie on the canvas.
    package let visibleColumns: Range<Int>
    package let visibleRows: Range<Int>
    /// Where the visible part begins on the canvas, which is white elsewhere.
    package let left: Int
    package let top: Int

    /// Fits an image to a model's input.
    ///
    /// - `pad`: the longest side becomes `size`, the other `max(1, round(size × shorter / longer))`; the left and top
    ///   margins are half of what is left, rounded down.
    /// - `crop`: as torchvision's `Resize(resizeTo)` and `CenterCrop(size)`: the shorter side becomes `resizeTo`, the
    ///   longer `resizeTo × longer / shorter`, rounded down; the crop begins at `round((side − size) / 2)`, halves to
    ///   even. A resized image smaller than the crop is centred on white.
    /// - `stretch`: both sides become `size`.
    ///
    /// - Precondition: `width` and `height` are positive.
    package init(width: Int, height: Int, preprocessing: Preprocessing) {
        let size = preprocessing.size
        let resized: (width: Int, height: Int)
        switch preprocessing.fit {
        case .pad: resized = Self.longestSide(size, width: width, height: height)
        case .crop: resized = Self.shortestSide(preprocessing.resizeTo ?? size, width: width, height: height)
        case .stretch: resized = (size, size)
        }
        self.init(resized: resized, canvas: (size, size))
    }

    /// Shrinks an image until its longest side is at most `longestSide`; never enlarges.
    package init(width: Int, height: Int, thumbnailOf longestSide: Int) {
        let isSmall = max(width, height) <= longestSide
        let resized = isSmall ? (width, height) : Self.longestSide(longestSide, width: width, height: height)
        self.init(resized: resized, canvas: resized)
    }

    private init(resized: (width: Int, height: Int), canvas: (width: Int, height: Int)) {
        let columns = Self.place(resized.width, on: canvas.width)
        let rows = Self.place(resized.height, on: canvas.height)
        canvasWidth = canvas.width
        canvasHeight = canvas.height
        resizedWidth = resized.width
        resizedHeight = resized.height
        visibleColumns = columns.visible
        visibleRows = rows.visible
        left = columns.margin
        top = rows.margin
    }

    private static func place(_ side: Int, on canvas: Int) -> (visible: Range<Int>, margin: Int) {
        guard side > canvas else { return (0..<side, (canvas - side) / 2) }
        let start = Int((Double(side - canvas) / 2).rounded(.toNearestOrEven))
        return (start..<start + canvas, 0)
    }

    private static func longestSide(_ target: Int, width: Int, height: Int) -> (width: Int, height: Int) {
        let (longer, shorter) = (max(width, height), min(width, height))
        let exact = Double(target * shorter) / Double(longer)
        let other = max(1, Int(exact.rounded(.toNearestOrEven)))
        return width >= height ? (target, other) : (other, target)
    }

    private static func shortestSide(_ target: Int, width: Int, height: Int) -> (width: Int, height: Int) {
        let (longer, shorter) = (max(width, height), min(width, height))
        let other = Int(Double(target * longer) / Double(shorter))
        return width <= height ? (target, other) : (other, target)
    }

    /// Whether the canvas has places that the image does not cover.
    package var hasMargins: Bool {
        visibleColumns.count < canvasWidth || visibleRows.count < canvasHeight
    }
}
