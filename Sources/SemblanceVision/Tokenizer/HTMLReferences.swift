/// HTML's character references, `&amp;` and `&#38;`, as HTML 5 and Python's `html.unescape` read them.
enum HTMLReferences {
    /// Replaces every reference, also those whose semicolon is missing.
    static func replaced(in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        replacing(in: text) { reference(in: text, at: $0) }
    }

    /// Replaces only what is surely meant as a reference: a known name or a number that a semicolon ends. Names in
    /// capitals count, too, where no other reference has them.
    static func entitiesReplaced(in text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        replacing(in: text) { entity(in: text, at: $0) }
    }

    private typealias Replacement = (scalars: [Unicode.Scalar], end: Int)

    private static func replacing(
        in text: [Unicode.Scalar], _ replacement: (Int) -> Replacement?
    ) -> [Unicode.Scalar] {
        guard text.contains("&") else { return text }
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == "&", let found = replacement(index) {
                result += found.scalars
                index = found.end
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}

// MARK: - Any reference

extension HTMLReferences {
    private static func reference(in text: [Unicode.Scalar], at start: Int) -> Replacement? {
        guard start + 1 < text.count else { return nil }
        return text[start + 1] == "#" ? number(in: text, at: start) : name(in: text, at: start)
    }

    private static func number(in text: [Unicode.Scalar], at start: Int) -> Replacement? {
        var index = start + 2
        let isHexadecimal = index < text.count && (text[index] == "x" || text[index] == "X")
        if isHexadecimal { index += 1 }
        let first = index
        var value: UInt32 = 0
        while index < text.count, let digit = digit(text[index], isHexadecimal: isHexadecimal) {
            // Anything above Unicode's last scalar means the same.
            value = min(value * (isHexadecimal ? 16 : 10) + digit, 0x11_0000)
            index += 1
        }
        guard index > first else { return nil }
        if index < text.count, text[index] == ";" { index += 1 }
        return (scalars(for: value), index)
    }

    private static func digit(_ scalar: Unicode.Scalar, isHexadecimal: Bool) -> UInt32? {
        guard scalar.isASCII, let digit = Character(scalar).hexDigitValue, isHexadecimal || digit < 10 else {
            return nil
        }
        return UInt32(digit)
    }

    /// What a number stands for: control characters and the last two of each plane for nothing, some for what they are
    /// in Windows' Latin letters.
    private static func scalars(for value: UInt32) -> [Unicode.Scalar] {
        switch value {
        case 0: return ["\u{FFFD}"]
        case 0x0D: return ["\r"]
        case 0x80...0x9F: return [windows1252[Int(value) - 0x80]]
        case 1...8, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF: return []
        default:
            guard let scalar = Unicode.Scalar(value) else { return ["\u{FFFD}"] }
            return value & 0xFFFE == 0xFFFE ? [] : [scalar]
        }
    }

    /// The longest known name from here on. A semicolon belongs to a name; some names go without.
    private static func name(in text: [Unicode.Scalar], at start: Int) -> Replacement? {
        var end = start + 1
        while end < text.count, end - start <= 32, !endsName(text[end]) { end += 1 }
        if end < text.count, end > start + 1, text[end] == ";" { end += 1 }
        while end > start + 1 {
            if let scalars = names[String(String.UnicodeScalarView(text[(start + 1)..<end]))] { return (scalars, end) }
            end -= 1
        }
        return nil
    }

    private static func endsName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\u{0C}", " ", "<", "&", "#", ";": true
        default: false
        }
    }

    /// The characters that Windows-1252 has at 0x80 to 0x9F; the five holes stay control characters.
    static let windows1252: [Unicode.Scalar] = Array(
        ("€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ").unicodeScalars)
}

// MARK: - Sure references

extension HTMLReferences {
    private static func entity(in text: [Unicode.Scalar], at start: Int) -> Replacement? {
        let isNumber = start + 1 < text.count && text[start + 1] == "#"
        let first = start + (isNumber ? 2 : 1)
        var end = first
        while end < text.count, end - first < 25, isLetterOrDigit(text[end]) { end += 1 }
        guard (1...24).contains(end - first), end < text.count, text[end] == ";" else { return nil }
        if isNumber {
            guard let found = number(in: text, at: start), found.end == end + 1, found.scalars != [";"] else {
                return nil
            }
            return found
        }
        let name = String(String.UnicodeScalarView(text[first...end]))
        return (names[name] ?? capitalNames[name]).map { ($0, end + 1) }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "a"..."z", "A"..."Z": true
        default: false
        }
    }

    /// Names that are all small, in capitals, for the character in its capital form: `&EACUTE;`.
    private static let capitalNames: [String: [Unicode.Scalar]] = {
        var capitals: [String: [Unicode.Scalar]] = [:]
        for (name, scalars) in names where name.hasSuffix(";") && name == name.lowercased() {
            let capital = name.uppercased()
            guard reference(in: Array("&\(capital)".unicodeScalars), at: 0) == nil else { continue }
            capitals[capital] = scalars.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) }
        }
        return capitals
    }()
}
