import SemblanceCore
import SemblanceEngine

/// Takes the bytes of a multipart form as they arrive: files go to the spool, fields are kept.
///
/// Memory is bounded by the fields' limits whatever is sent. Calls block: use it on a disk thread.
package struct FormSpooler: Sendable {
    /// The part that is being received.
    private enum Part {
        case field(name: String, bytes: [UInt8])
        case file(SpoolFile, FormFile)
        /// A file input that was left empty.
        case nothing(field: String)
    }

    private let rules: FormRules
    private let makePath: @Sendable () throws -> String
    private var parser: MultipartParser
    private var part: Part?
    private var partByteCount = 0
    private var fields: [String: String] = [:]
    private var lists: [String: [String]] = [:]
    private var fieldCount = 0
    private var files: [FormFile] = []
    private var list: SpoolListFile?

    /// - Throws: `RequestError` unless the type is `multipart/form-data` with a boundary.
    package init(contentType: String?, rules: FormRules, makePath: @escaping @Sendable () throws -> String) throws {
        self.parser = try MultipartParser(contentType: contentType)
        self.rules = rules
        self.makePath = makePath
    }

    /// Takes the next bytes of the body.
    /// - Throws: `RequestError`, `ImageError`, `StoreError`; call `discard()` then.
    package mutating func receive(_ chunk: ArraySlice<UInt8>) throws {
        for event in try parser.receive(chunk) {
            switch event {
            case .partBegan(let part): try begin(part)
            case .body(let bytes): try append(bytes)
            case .partEnded: try endPart()
            case .ended: break
            }
        }
    }

    /// To be called when the body has ended: the files are durable when it returns.
    /// - Throws: `RequestError` if it ended too early or holds no file.
    package mutating func finish() throws -> ReceivedForm {
        try parser.finish()
        guard rules.maximumFileCount == nil else {
            return ReceivedForm(fields: fields, lists: lists, files: .few(files))
        }
        guard var list else {
            throw RequestError(.missingField, "The form holds no file; send at least one as 'files'.")
        }
        try list.finish()
        self.list = list
        return ReceivedForm(fields: fields, files: .listed(path: list.path, count: list.count))
    }

    /// Removes what was spooled.
    package mutating func discard() {
        if case .file(let file, _) = part {
            file.close()
            SpoolFile.remove(file.path)
        }
        part = nil
        ReceivedForm(fields: [:], files: .few(files)).discard()
        list?.discard()
    }

    // MARK: Parts

    private mutating func begin(_ part: MultipartPart) throws {
        partByteCount = 0
        switch part.filename {
        case nil: try beginField(part.name)
        case ""?:
            try countField()
            self.part = .nothing(field: part.name)
        default: self.part = try newFile(field: part.name, UploadName(part))
        }
    }

    private mutating func countField() throws {
        fieldCount += 1
        guard fieldCount <= FormRules.maximumFieldCount else {
            throw RequestError(
                .invalidMultipart, "The form has more than \(FormRules.maximumFieldCount) fields that are not files.")
        }
    }

    private mutating func beginField(_ name: String) throws {
        try countField()
        guard fields[name] == nil else {
            throw RequestError(.invalidMultipart, "The form has the field '\(name.prefix(40))' twice.")
        }
        part = .field(name: name, bytes: [])
    }

    private func newFile(field: String, _ name: UploadName) throws -> Part {
        if let known = rules.fileFields, !known.contains(field) {
            let names = known.sorted().joined(separator: " or ")
            throw RequestError(.invalidMultipart, "A file is sent in the field \(names), not '\(field.prefix(40))'.")
        }
        if let maximum = rules.maximumFileCount, files.count >= maximum {
            throw RequestError(.invalidMultipart, "The form holds more than \(maximum) file\(maximum == 1 ? "" : "s").")
        }
        let file = try SpoolFile(creating: try makePath())
        let upload = SpooledUpload(path: file.path, name: name.name, relativePath: name.relativePath)
        return .file(file, FormFile(field: field, upload: upload))
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        partByteCount += bytes.count
        switch part {
        case .field(let name, var value):
            guard partByteCount <= FormRules.maximumFieldByteCount else {
                throw RequestError(
                    .invalidMultipart,
                    "The field '\(name.prefix(40))' has more than \(FormRules.maximumFieldByteCount) bytes.")
            }
            part = nil
            value += bytes
            part = .field(name: name, bytes: value)
        case .file(var file, let received):
            try checkSize(of: received.upload)
            try file.write(bytes.prefix(rules.maximumFileByteCount + 1 - file.byteCount))
            part = .file(file, received)
        case .nothing(let field):
            throw RequestError(
                .invalidMultipart,
                "The field '\(field.prefix(40))' holds a file without a name; send its name as 'filename'.")
        case nil: break
        }
    }

    private func checkSize(of upload: SpooledUpload) throws {
        let isRefused = rules.oversize == .refuse && partByteCount > rules.maximumFileByteCount
        guard !isRefused, partByteCount <= max(FormRules.maximumPartByteCount, rules.maximumFileByteCount) else {
            throw ImageError(
                .tooManyBytes,
                "'\(upload.shownPath.suffix(100))' has more than the \(rules.maximumFileByteCount) bytes that an image "
                    + "may have.")
        }
    }

    private mutating func endPart() throws {
        defer { part = nil }
        switch part {
        case .field(let name, let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw RequestError(.invalidMultipart, "The field '\(name.prefix(40))' is not UTF-8.")
            }
            if rules.repeatableFields.contains(name) {
                lists[name, default: []].append(text)
            } else {
                fields[name] = text
            }
        case .file(let file, let received):
            file.close()
            try keep(received)
        case .nothing, nil: break
        }
    }

    private mutating func keep(_ file: FormFile) throws {
        guard rules.maximumFileCount == nil else { return files.append(file) }
        do {
            if list == nil { list = try SpoolListFile(creating: try makePath()) }
            try list?.append(file.upload)
        } catch {
            SpoolFile.remove(file.upload.path)
            throw error
        }
    }
}

/// The list of an upload's files while it is being written, in pieces.
struct SpoolListFile: Sendable {
    private var file: SpoolFile
    private var pending: [UInt8] = []
    /// Files whose line is not on disk yet.
    private var unwritten: [String] = []
    private(set) var count = 0

    var path: String { file.path }

    init(creating path: String) throws {
        file = try SpoolFile(creating: path)
    }

    mutating func append(_ upload: SpooledUpload) throws {
        pending += try SpoolList.line(for: upload)
        unwritten.append(upload.path)
        count += 1
        if pending.count > 1 << 16 { try flush() }
    }

    private mutating func flush() throws {
        try file.write(pending)
        pending.removeAll(keepingCapacity: true)
        unwritten.removeAll(keepingCapacity: true)
    }

    /// Ends the list and makes it and the files that it names durable.
    mutating func finish() throws {
        try flush()
        try file.synchroniseFileSystem()
        file.close()
    }

    /// Removes the list and the files.
    func discard() {
        file.close()
        for path in unwritten { SpoolFile.remove(path) }
        ReceivedForm(fields: [:], files: .listed(path: path, count: count)).discard()
    }
}
