import Foundation
import SemblanceCore

/// The text of a C library's error, for logs only.
package struct LibraryFailure: Error, Hashable, CustomStringConvertible {
    package let library: String
    package let text: String
    package var description: String { "\(library): \(text)" }
}

extension ImageError {
    static func emptyFile() -> ImageError {
        ImageError(.empty, "The file is empty: expected an image, not 0 bytes.")
    }

    static func tooManyBytes(_ count: Int, limit: Int) -> ImageError {
        ImageError(
            .tooManyBytes,
            """
            The file has \(megabytes(count)), more than the limit of \(megabytes(limit)); shrink it or raise the \
            limit.
            """
        )
    }

    static func unsupported(_ bytes: UnsafeRawBufferPointer) -> ImageError {
        ImageError(
            .unsupportedFormat,
            """
            Expected a JPEG, PNG, WebP, GIF, TIFF, HEIC or AVIF image, not \
            \(ImageSignature.description(ofUnsupported: bytes)); convert it first.
            """)
    }

    static func unsupportedDepth(_ bitCount: Int) -> ImageError {
        ImageError(
            .unsupportedFormat, "Expected a JPEG with 8 bits a channel, not \(bitCount); convert it first.")
    }

    static func damaged(_ format: ImageFormat, underlying: (any Error)? = nil) -> ImageError {
        ImageError(
            .damaged,
            "The \(format.publicName) image is damaged or cut off and cannot be decoded; get a fresh copy of it.",
            underlying: underlying)
    }

    static func noPixels(width: Int, height: Int) -> ImageError {
        ImageError(
            .noPixels, "The image is \(width) × \(height) pixels: expected at least 1 × 1. Get a whole copy of it.")
    }

    static func tooManyPixels(width: Int, height: Int, limit: Int) -> ImageError {
        ImageError(
            .tooManyPixels,
            """
            The image is \(width) × \(height) pixels, more than the limit of \(megapixels(limit)); scale it down or \
            raise the limit.
            """)
    }

    static func sideTooLong(width: Int, height: Int, limit: Int) -> ImageError {
        ImageError(
            .tooManyPixels,
            "The image is \(width) × \(height) pixels, but no side may be longer than \(limit); scale it down.")
    }

    static func tookTooLong(limit: Duration) -> ImageError {
        let seconds = Double(limit.components.seconds) + Double(limit.components.attoseconds) / 1e18
        return ImageError(
            .tookTooLong,
            """
            Decoding the image takes longer than the limit of \(String(format: "%g", seconds)) seconds; save it in a \
            simpler format or raise the limit.
            """)
    }

    static func encodingFailed(underlying: any Error) -> ImageError {
        ImageError(.encodingFailed, "The thumbnail could not be encoded; see the log.", underlying: underlying)
    }

    private static func megabytes(_ count: Int) -> String {
        count < 1_000_000 ? "\(count) bytes" : String(format: "%g MB", (Double(count) / 100_000).rounded(.up) / 10)
    }

    private static func megapixels(_ count: Int) -> String {
        count < 1_000_000 ? "\(count) pixels" : String(format: "%g megapixels", Double(count) / 1e6)
    }
}

extension ImageFormat {
    /// The name that people know.
    var publicName: String {
        switch self {
        case .webp: "WebP"
        default: rawValue.uppercased()
        }
    }
}
