/// HTML text. What is put into it with `\( )` is escaped, unless it is HTML itself: names of files and classes are other
/// people's words.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    private(set) var text: String

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ html: HTML) { text += html.text }
        mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
        mutating func appendInterpolation(_ words: String) { text += HTML.escaped(words) }
        mutating func appendInterpolation(_ number: Int) { text += String(number) }
        /// A coordinate: to a hundredth.
        mutating func appendInterpolation(_ number: Double) { text += HTML.coordinate(number) }
    }

    init(stringLiteral value: String) { text = value }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
    /// - Parameter raw: HTML already, made here.
    init(raw: String) { text = raw }

    static let empty: HTML = ""

    static func + (left: HTML, right: HTML) -> HTML { HTML(raw: left.text + right.text) }
    static func += (left: inout HTML, right: HTML) { left.text += right.text }

    /// The five characters that mean something in text or in a quoted attribute.
    static func escaped(_ words: String) -> String {
        var text = ""
        for scalar in words.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            // A control character is no part of HTML; a name may hold one.
            case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func coordinate(_ number: Double) -> String {
        let rounded = (number * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
