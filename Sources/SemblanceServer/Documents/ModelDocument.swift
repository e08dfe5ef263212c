import SemblanceCore

/// A model as the API shows it.
struct ModelDocument: JSONWritable {
    let model: ModelDescription

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", model.modelID)
            $0.member("family", model.family)
            $0.member("dimension", model.dimension)
            $0.member("text", model.hasText)
            $0.member("licence", model.licence)
            $0.member("bytes", model.byteCount)
            $0.member("summary", model.summary)
            $0.member("state", model.state.rawValue)
            $0.member("default", model.isDefault)
        }
    }
}
