import SemblanceCore

/// A real text tower of the smallest kind: the mean of the colours that a text names, as an evenly coloured picture
/// would be embedded; grey if it names none.
public struct SmallTextEmbedder: TextEmbedder {
    private let images: SmallEmbedder

    /// Words that count; later ones are cut.
    public static let contextLength = 8

    private static let colours: [String: [UInt8]] = [
        "red": [255, 0, 0], "green": [0, 255, 0], "blue": [0, 0, 255], "yellow": [255, 255, 0],
        "white": [255, 255, 255],
        "black": [0, 0, 0],
    ]

    public var version: ModelVersion { images.version }

    init(images: SmallEmbedder) {
        self.images = images
    }

    public func embed(_ texts: [String]) throws -> [EmbeddedText] {
        try texts.map { text in
            let words = text.lowercased().split { !$0.isLetter }.map(String.init)
            let embedding = try images.embed([picture(of: Array(words.prefix(Self.contextLength)))])[0]
            return EmbeddedText(embedding: embedding, isCut: words.count > Self.contextLength)
        }
    }

    private func picture(of words: [String]) -> PreparedImage {
        let named = words.compactMap { Self.colours[$0] }
        let colour = (0..<3).map { channel -> UInt8 in
            guard !named.isEmpty else { return 128 }
            return UInt8(named.reduce(0) { $0 + Int($1[channel]) } / named.count)
        }
        let side = images.preprocessing.size
        return PreparedImage(
            width: side, height: side, pixels: (0..<(side * side)).flatMap { _ in colour })
    }
}
