import Foundation

/// How numbers are written for people.
enum Figures {
    /// Three decimals, as rankings are compared to.
    static func value(_ number: Double) -> String { String(format: "%.3f", number) }

    static func interval(_ interval: ClosedRange<Double>) -> String {
        "\(value(interval.lowerBound))–\(value(interval.upperBound))"
    }

    /// With a sign, and a minus as typography has it.
    static func difference(_ number: Double) -> String {
        let text = value(abs(number))
        if text == value(0) { return text }
        return (number < 0 ? "−" : "+") + text
    }

    static func percent(_ share: Double) -> String {
        // "100%" only of all: 99.7% of what is shown being right is not all of it.
        let whole = (share * 100).rounded()
        if whole == 100, share < 1 { return "over 99%" }
        if whole == 0, share > 0 { return "under 1%" }
        return "\(Int(whole))%"
    }

    static func count(_ number: Int) -> String {
        var digits = String(abs(number))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
    }

    static func count(_ number: Int, _ thing: String, _ things: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? thing : things ?? thing + "s")"
    }

    /// One decimal below ten, none above.
    static func about(_ number: Double) -> String { String(format: number < 10 ? "%.1f" : "%.0f", number) }

    static func pValue(_ p: Double) -> String { p < 0.0001 ? "p < 0.0001" : "p = " + String(format: "%.4f", p) }
}
