import SemblanceCore
import SemblanceEngine

/// A class and how well it names an image, as the API shows it.
struct LabelDocument: JSONWritable {
    let label: ScoredLabel

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("label", label.name)
            $0.member("score", Double(label.score))
            $0.member("probability", label.probability)
        }
    }
}
