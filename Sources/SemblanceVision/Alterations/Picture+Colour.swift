import Foundation

extension Picture {
    /// Blurred by a Gaussian, which is cut at three deviations; edges go on beyond themselves.
    /// - Parameter deviation: in pixels, more than 0.
    package func blurred(deviation: Double) -> Picture {
        let reach = max(1, Int((3 * deviation).rounded(.up)))
        var weights = (-reach...reach).map { Float(exp(-Double($0 * $0) / (2 * deviation * deviation))) }
        let sum = weights.reduce(0, +)
        weights = weights.map { $0 / sum }
        return blurredAlong(weights, reach, step: 3, count: width, lines: height, lineStep: width * 3)
            .blurredAlong(weights, reach, step: width * 3, count: height, lines: width, lineStep: 3)
    }

    private func blurredAlong(
        _ weights: [Float], _ reach: Int, step: Int, count: Int, lines: Int, lineStep: Int
    ) -> Picture {
        var result = pixels
        for line in 0..<lines {
            for place in 0..<count {
                for channel in 0..<3 {
                    var sum: Float = 0.5
                    for (index, weight) in weights.enumerated() {
                        let other = min(max(place + index - reach, 0), count - 1)
                        sum += weight * Float(pixels[line * lineStep + other * step + channel])
                    }
                    result[line * lineStep + place * step + channel] = UInt8(min(max(sum, 0), 255))
                }
            }
        }
        return Picture(width: width, height: height, pixels: result)
    }

    /// Colours changed: contrast and brightness by factors, saturation by a factor, hue turned by degrees in the plane of
    /// YIQ's colour differences.
    package func recoloured(
        brightness: Double, contrast: Double, saturation: Double, hueDegrees: Double
    ) -> Picture {
        let angle = hueDegrees * .pi / 180
        let (turn, rise) = (saturation * cos(angle), saturation * sin(angle))
        var result = pixels
        for place in stride(from: 0, to: pixels.count, by: 3) {
            let (red, green, blue) = (Double(pixels[place]), Double(pixels[place + 1]), Double(pixels[place + 2]))
            let light = 0.299 * red + 0.587 * green + 0.114 * blue
            let inPhase = 0.5959 * red - 0.2746 * green - 0.3213 * blue
            let quadrature = 0.2115 * red - 0.5227 * green + 0.3112 * blue
            let newLight = ((light - 128) * contrast + 128) * brightness
            let (newInPhase, newQuadrature) = (
                turn * inPhase - rise * quadrature, rise * inPhase + turn * quadrature
            )
            result[place] = Self.byte(newLight + 0.956 * newInPhase + 0.619 * newQuadrature)
            result[place + 1] = Self.byte(newLight - 0.272 * newInPhase - 0.647 * newQuadrature)
            result[place + 2] = Self.byte(newLight - 1.106 * newInPhase + 1.703 * newQuadrature)
        }
        return Picture(width: width, height: height, pixels: result)
    }

    private static func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }
}
