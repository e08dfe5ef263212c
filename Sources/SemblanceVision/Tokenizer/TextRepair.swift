import Foundation

/// The small repairs that OpenCLIP leaves to the Python package ftfy 6 before it cleans a text: straight quotation
/// marks for curly ones, letters for ligatures, usual for full-width and half-width forms, no control characters,
/// composed accents (NFC).
///
/// What ftfy is best known for is not here: restoring text that was decoded with a wrong encoding.
enum TextRepair {
    /// Repairs each line until nothing changes any more.
    static func repaired(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        // From the first `<` on, a text is taken for HTML itself, whose references are meant as they are.
        var isMarkup = false
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: "\n").map { $0 + 1 } ?? rest.endIndex
            let line = rest[..<end]
            isMarkup = isMarkup || line.contains("<")
            result += repairedLine(Array(line), isMarkup: isMarkup)
            rest = rest[end...]
        }
        return result
    }

    private static func repairedLine(_ line: [Unicode.Scalar], isMarkup: Bool) -> [Unicode.Scalar] {
        var line = line
        while true {
            let before = line
            if !isMarkup { line = HTMLReferences.entitiesReplaced(in: line) }
            line = withoutTerminalEscapes(withUnixLineEnds(line.flatMap(replacement)))
            line = composed(line.filter { !isControl($0) })
            if line == before { return line }
        }
    }

    /// Every scalar but the few in the tables stays as it is.
    private static func replacement(for scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar.value {
        case 0...0x7F: [scalar]
        case 0x80...0x9F: [HTMLReferences.windows1252[Int(scalar.value) - 0x80]]
        case 0x2BC, 0x2018...0x201B: ["'"]
        case 0x201C...0x201F: ["\""]
        case 0x3000: [" "]
        case 0xFF01...0xFFEF: widths[scalar] ?? [scalar]
        default: ligatures[scalar] ?? [scalar]
        }
    }

    private static let ligatures: [Unicode.Scalar: [Unicode.Scalar]] = [
        "Ĳ": "IJ", "ĳ": "ij", "ŉ": "'n", "Ǳ": "DZ", "ǲ": "Dz", "ǳ": "dz", "Ǆ": "DŽ", "ǅ": "Dž", "ǆ": "dž",
        "Ǉ": "LJ", "ǈ": "Lj", "ǉ": "lj", "Ǌ": "NJ", "ǋ": "Nj", "ǌ": "nj",
        "\u{FB00}": "ff", "\u{FB01}": "fi", "\u{FB02}": "fl", "\u{FB03}": "ffi", "\u{FB04}": "ffl",
        "\u{FB05}": "\u{17F}t", "\u{FB06}": "st",
    ].mapValues { Array($0.unicodeScalars) }

    /// Full-width and half-width forms, U+FF01 to U+FFEF, as their usual ones.
    private static let widths: [Unicode.Scalar: [Unicode.Scalar]] = {
        let forms = (UInt32(0xFF01)...0xFFEF).compactMap(Unicode.Scalar.init)
        return Dictionary(
            uniqueKeysWithValues: forms.map { form in
                (form, Array(String(form).precomposedStringWithCompatibilityMapping.unicodeScalars))
            })
    }()

    private static func withUnixLineEnds(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: { $0 == "\r" || $0.value == 0x2028 || $0.value == 0x2029 }) else { return text }
        var result: [Unicode.Scalar] = []
        for (index, scalar) in text.enumerated() {
            switch scalar.value {
            case 0x0D: if index + 1 == text.count || text[index + 1] != "\n" { result.append("\n") }
            case 0x2028, 0x2029: result.append("\n")
            default: result.append(scalar)
            }
        }
        return result
    }

    /// Without what colours text in a terminal: ESC `[`, digits and semicolons, a letter.
    private static func withoutTerminalEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains("\u{1B}") else { return text }
        var result: [Unicode.Scalar] = []
        var index = 0
        while index < text.count {
            if let end = endOfTerminalEscape(in: text, at: index) {
                index = end
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    private static func endOfTerminalEscape(in text: [Unicode.Scalar], at start: Int) -> Int? {
        guard text[start] == "\u{1B}", start + 1 < text.count, text[start + 1] == "[" else { return nil }
        var end = start + 2
        while end < text.count, text[end] == ";" || text[end].properties.generalCategory == .decimalNumber { end += 1 }
        guard end < text.count, text[end].isASCII, text[end].properties.isAlphabetic else { return nil }
        return end + 1
    }

    /// Control characters that show nothing; tabs and line ends stay.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...8, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
        default: false
        }
    }

    private static func composed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: { $0.value >= 0x300 }) else { return text }
        return Array(String(String.UnicodeScalarView(text)).precomposedStringWithCanonicalMapping.unicodeScalars)
    }
}
