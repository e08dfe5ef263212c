import Foundation
import SemblanceCore

/// The folder of a set that is being made: under another name until it is whole. Calls block.
struct CopySetFolder: Sendable {
    private let output: String
    private var partial: String { output + ".partial" }

    init(_ output: String) {
        self.output = output.hasSuffix("/") ? String(output.dropLast()) : output
    }

    /// - Throws: `set-unreadable` if the output exists.
    func check() throws {
        guard access(output, F_OK) != 0 else {
            throw LabError(.unreadableSet, "'\(output)' is there already. Name a folder that is not, or remove it.")
        }
    }

    /// - Throws: as `check`; `StoreError`.
    func begin() throws {
        try check()
        // What a killed run left.
        remove()
        try doing { try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: partial) }

    func write(_ bytes: [UInt8], to path: String) throws {
        try doing {
            try makeFolder(of: path)
            try Data(bytes).write(to: URL(fileURLWithPath: "\(partial)/\(path)"))
        }
    }

    func copy(_ source: String, to path: String) throws {
        try doing {
            try makeFolder(of: path)
            // Not a link: the set must mean the same when the folder has changed.
            try FileManager.default.copyItem(
                at: URL(fileURLWithPath: source).resolvingSymlinksInPath(),
                to: URL(fileURLWithPath: "\(partial)/\(path)"))
        }
    }

    /// Writes `list.jsonl`, `qrels.txt`, and `made.json`, which says how.
    func writeList(_ plan: CopySetPlan, gallery: [Int], copies: [CopySetPlan.Copy]) throws {
        var lines = gallery.map { place in
            JSONValue.object([
                "image": .string(CopySetPlan.originalPath(of: plan.names[place])), "split": "gallery",
            ]).text
        }
        lines += copies.map { copy in
            JSONValue.object([
                "image": .string(copy.path), "split": "query",
                "label": .string(CopySetPlan.label(copy.alteration.kind, copy.alteration.strength)),
            ]).text
        }
        try write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "list.jsonl")
        let inGallery = Set(gallery)
        let judgements = copies.filter { inGallery.contains($0.source) }.map { copy in
            "\(copy.path)\t0\t\(CopySetPlan.originalPath(of: plan.names[copy.source]))\t1\n"
        }
        try write(Array(judgements.joined().utf8), to: "qrels.txt")
        let made = JSONValue.object([
            "kinds": .array(plan.options.kinds.map { .string($0.rawValue) }),
            "strengths": .array(plan.options.strengths.map { .number($0) }),
            "seed": .number(Double(plan.options.seed)), "originals": .number(Double(plan.options.originalCount)),
            "strangers": .number(Double(plan.options.strangerCount)),
        ])
        try write(Array((made.text + "\n").utf8), to: "made.json")
    }

    /// Gives the folder its name.
    func finish() throws {
        try doing { try FileManager.default.moveItem(atPath: partial, toPath: output) }
    }

    private func makeFolder(of path: String) throws {
        let folder = (("\(partial)/\(path)") as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func doing(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw StoreError(
                .notWritable,
                "'\(output)' could not be written: check the folder, its permissions and the disk's room.",
                underlying: error)
        }
    }
}
