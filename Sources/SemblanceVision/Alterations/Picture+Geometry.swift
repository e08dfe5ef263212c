import Foundation

extension Picture {
    /// A part, by whole pixels.
    package func cropped(x: Int, y: Int, width: Int, height: Int) -> Picture {
        precondition(x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height)
        var part: [UInt8] = []
        part.reserveCapacity(width * height * 3)
        for row in y..<y + height { part += pixels[offset(x, row)..<offset(x, row) + width * 3] }
        return Picture(width: width, height: height, pixels: part)
    }

    /// Left and right exchanged.
    package var mirrored: Picture {
        Picture.make(width: width, height: height) { x, y in pixel(width - 1 - x, y) }
    }

    /// Turned around its middle, in its frame, with black where nothing is; bilinear.
    package func rotated(degrees: Double) -> Picture {
        let angle = degrees * .pi / 180
        let (sine, cosine) = (sin(angle), cos(angle))
        let (middleX, middleY) = (Double(width - 1) / 2, Double(height - 1) / 2)
        return Picture.make(width: width, height: height) { x, y in
            let (right, down) = (Double(x) - middleX, Double(y) - middleY)
            return sample(middleX + cosine * right + sine * down, middleY - sine * right + cosine * down)
        }
    }

    /// Between four pixels; black outside.
    private func sample(_ x: Double, _ y: Double) -> (UInt8, UInt8, UInt8) {
        guard x >= -0.5, y >= -0.5, x <= Double(width) - 0.5, y <= Double(height) - 0.5 else { return (0, 0, 0) }
        let (left, top) = (min(max(x, 0), Double(width - 1)), min(max(y, 0), Double(height - 1)))
        let (x0, y0) = (Int(left), Int(top))
        let (x1, y1) = (min(x0 + 1, width - 1), min(y0 + 1, height - 1))
        let (shareX, shareY) = (left - Double(x0), top - Double(y0))
        let places = [offset(x0, y0), offset(x1, y0), offset(x0, y1), offset(x1, y1)]
        let shares = [
            (1 - shareX) * (1 - shareY), shareX * (1 - shareY), (1 - shareX) * shareY, shareX * shareY,
        ]
        let channel = { (number: Int) in
            UInt8(zip(places, shares).reduce(0.5) { $0 + Double(pixels[$1.0 + number]) * $1.1 })
        }
        return (channel(0), channel(1), channel(2))
    }

    /// Made smaller, each pixel the mean of those it covers.
    /// - Precondition: sides of 1 up to the present ones.
    package func shrunk(width: Int, height: Int) -> Picture {
        precondition((1...self.width).contains(width) && (1...self.height).contains(height))
        return Picture.make(width: width, height: height) { x, y in
            let columns = x * self.width / width..<max((x + 1) * self.width / width, x * self.width / width + 1)
            let rows = y * self.height / height..<max((y + 1) * self.height / height, y * self.height / height + 1)
            var sums = (0, 0, 0)
            for row in rows {
                for column in columns {
                    let place = offset(column, row)
                    sums.0 += Int(pixels[place])
                    sums.1 += Int(pixels[place + 1])
                    sums.2 += Int(pixels[place + 2])
                }
            }
            let count = rows.count * columns.count
            return (UInt8(sums.0 / count), UInt8(sums.1 / count), UInt8(sums.2 / count))
        }
    }
}
