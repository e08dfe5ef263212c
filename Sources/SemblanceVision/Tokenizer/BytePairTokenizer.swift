/// Turns texts into the token numbers that CLIP's text tower reads.
///
/// The text is repaired and cleaned as OpenCLIP's `SimpleTokenizer` does with `clean="lower"`, cut into words, and each
/// word into tokens. One thing is left out: text that was once decoded with a wrong encoding ("sÃ³") is not restored.
package struct BytePairTokenizer: Sendable {
    private let vocabulary: BytePairVocabulary

    /// Bytes of a word that are looked at for each place of the context. The longest token of CLIP's has 32, so the
    /// rest could only matter behind the context's end.
    private static let bytesForEachPlace = 64

    package init(_ vocabulary: BytePairVocabulary) {
        self.vocabulary = vocabulary
    }

    /// Token numbers are below this.
    package var vocabularySize: Int { vocabulary.count }

    /// The tokens of a text: its start, its words, its end, then zeros.
    /// - Parameter contextLength: how many numbers to give, 2 or more.
    /// - Returns: `isCut` tells that the text had more; then the last number is the end of text.
    package func tokens(of text: String, contextLength: Int) -> (ids: [Int32], isCut: Bool) {
        precondition(contextLength >= 2, "a context holds at least the start and the end of a text")
        var ids = [vocabulary.startOfText]
        var words = WordScanner(CleanText.cleaned(text))
        while ids.count < contextLength, let word = words.next() {
            ids += tokens(of: word, contextLength: contextLength)
        }
        // Either more came than has room beside the end, or nothing was left to come.
        let isCut = ids.count > contextLength - 1
        if isCut { ids.removeLast(ids.count - (contextLength - 1)) }
        ids.append(vocabulary.endOfText)
        return (ids + [Int32](repeating: 0, count: contextLength - ids.count), isCut)
    }

    private func tokens(of word: WordScanner.Word, contextLength: Int) -> [Int32] {
        switch word {
        case .startOfText: [vocabulary.startOfText]
        case .endOfText: [vocabulary.endOfText]
        case .text(let scalars):
            vocabulary.tokens(of: scalars.utf8.prefix(contextLength * Self.bytesForEachPlace))
        }
    }
}
