/// Text as CLIP's training saw it: repaired, HTML's references replaced, one space between words, in lower case.
///
/// Everything works on Unicode scalars, never on `Character`: Swift compares those by canonical equivalence, and the
/// tokens are made of bytes.
enum CleanText {
    static func cleaned(_ text: String) -> [Unicode.Scalar] {
        let repaired = TextRepair.repaired(Array(text.unicodeScalars))
        let plain = HTMLReferences.replaced(in: HTMLReferences.replaced(in: repaired))
        return lowercased(singleSpaced(plain))
    }

    /// White space at the ends removed, and any other white space made one space.
    static func singleSpaced(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        Array(text.split(whereSeparator: isWhitespace).joined(separator: [" "]))
    }

    /// What Python calls white space: Unicode's, and four control characters that separate records.
    private static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }

    /// Unicode's full lower case without regard to language, where a Σ that ends a word becomes ς.
    static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var lower: [Unicode.Scalar] = []
        lower.reserveCapacity(text.count)
        for (index, scalar) in text.enumerated() {
            if scalar == "Σ" {
                lower.append(endsWord(text, at: index) ? "ς" : "σ")
            } else {
                lower += scalar.properties.lowercaseMapping.unicodeScalars
            }
        }
        return lower
    }

    /// Unicode's condition Final_Sigma: a letter with case before, and none after; what has no say is skipped.
    private static func endsWord(_ text: [Unicode.Scalar], at index: Int) -> Bool {
        func hasCase(_ scalar: Unicode.Scalar?) -> Bool { scalar?.properties.isCased ?? false }
        return hasCase(text[..<index].last { !$0.properties.isCaseIgnorable })
            && !hasCase(text[(index + 1)...].first { !$0.properties.isCaseIgnorable })
    }
}
