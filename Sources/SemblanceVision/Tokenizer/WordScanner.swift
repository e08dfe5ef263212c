/// Cuts cleaned text into words, as CLIP's regular expression does when it ignores case:
/// `<start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`
struct WordScanner {
    enum Word: Equatable {
        /// The words that stand for a text's ends, spelt out in the text itself.
        case startOfText, endOfText
        case text(String.UnicodeScalarView)

        static func == (left: Word, right: Word) -> Bool {
            switch (left, right) {
            case (.startOfText, .startOfText), (.endOfText, .endOfText): true
            case (.text(let left), .text(let right)): left.elementsEqual(right)
            default: false
            }
        }
    }

    private enum Kind {
        case letter, number, space, other
        /// U+0345, a combining iota. Ignoring case it is as much a letter as not, so that no part of the expression
        /// takes it: it ends a word and is lost.
        case skipped
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    private static let startOfText = Array("<start_of_text>".unicodeScalars)
    private static let endOfText = Array("<end_of_text>".unicodeScalars)
    private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

    /// The next word, or `nil` at the end.
    mutating func next() -> Word? {
        while position < scalars.count {
            if let end = end(of: Self.startOfText) { return take(upTo: end, as: .startOfText) }
            if let end = end(of: Self.endOfText) { return take(upTo: end, as: .endOfText) }
            for contraction in Self.contractions {
                if let end = end(of: contraction) { return take(upTo: end) }
            }
            let kind = Self.kind(of: scalars[position])
            switch kind {
            case .letter, .other: return take(upTo: endOfRun(of: kind))
            case .number: return take(upTo: position + 1)
            case .space, .skipped: position += 1
            }
        }
        return nil
    }

    /// Where `text` would end if it stood here. The long s is an s to an expression that ignores case.
    private func end(of text: [Unicode.Scalar]) -> Int? {
        let end = position + text.count
        guard end <= scalars.count else { return nil }
        let isHere = zip(scalars[position..<end], text).allSatisfy { $0 == $1 || ($0 == "\u{17F}" && $1 == "s") }
        return isHere ? end : nil
    }

    private func endOfRun(of kind: Kind) -> Int {
        var end = position
        while end < scalars.count, Self.kind(of: scalars[end]) == kind { end += 1 }
        return end
    }

    /// - Parameter special: what the text means if it is spelt without a long s, which the vocabulary does not have.
    private mutating func take(upTo end: Int, as special: Word? = nil) -> Word {
        let text = scalars[position..<end]
        position = end
        if let special, !text.contains("\u{17F}") { return special }
        return .text(String.UnicodeScalarView(text))
    }

    private static func kind(of scalar: Unicode.Scalar) -> Kind {
        if scalar == "\u{345}" { return .skipped }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return scalar.properties.isWhitespace ? .space : .other
        }
    }
}

extension String.UnicodeScalarView {
    /// The text's bytes; a view over scalars alone has none.
    var utf8: String.UTF8View { String(self).utf8 }
}
