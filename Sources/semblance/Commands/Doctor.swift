import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceStore
import SemblanceVision

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the installation and say how to mend it.",
        discussion: "Exit code 1 if something does not work. No catalogue is changed.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        let isHealthy = try await semblance.run(options) { await command.examine() }
        if !isHealthy { throw ExitCode.failure }
    }

    private func examine() async -> Bool {
        var findings: [Finding] = [Finding.machine()]
        findings += examineFolder()
        findings.append(await examineDatabase())
        findings.append(await examineModel())
        findings += examineFormats()
        findings.append(Finding.pip())
        let items = findings.map(\.json)
        let isHealthy = !findings.contains { $0.state == .broken }
        Console(options).print(
            ["healthy": .bool(isHealthy), "checks": .array(items)], text: findings.map(\.text).joined(separator: "\n"))
        return isHealthy
    }

    private func examineFolder() -> [Finding] {
        do {
            let folder = try DataFolder(path: options.dataFolder)
            var findings = [Finding(.fine, "data folder", folder.path)]
            let free = Finding.freeByteCount(at: folder.path)
            findings.append(
                free > 1_000_000_000
                    ? Finding(.fine, "disk space", "\(free.bytesText) free")
                    : Finding(
                        .broken, "disk space", "only \(free.bytesText) free",
                        remedy: "Make room, or choose another --data."))
            do {
                _ = try folder.lock()
                findings.append(Finding(.fine, "in use", "no"))
            } catch let error as StoreError where error.code == .dataFolderInUse {
                findings.append(Finding(.fine, "in use", error.message))
            }
            return findings
        } catch {
            return [Finding(.broken, "data folder", "\(error)", remedy: "Choose another folder with --data.")]
        }
    }

    private func examineDatabase() async -> Finding {
        do {
            let folder = try DataFolder(path: options.dataFolder)
            guard FileManager.default.fileExists(atPath: folder.databasePath) else {
                return Finding(.fine, "database", "none yet")
            }
            let database = try await SQLiteDatabase.open(path: folder.databasePath, role: .reader)
            try await database.checkIntegrity()
            return Finding(.fine, "database", "every page is in order")
        } catch let error as StoreError where error.code == .damaged {
            return Finding(
                .broken, "database", error.message,
                remedy: "Restore a copy of semblance.sqlite, or move it away and index again; originals are safe.")
        } catch {
            return Finding(.broken, "database", "\(error)")
        }
    }

    private func examineModel() async -> Finding {
        do {
            let vision = try Vision.build()
            let modelID = vision.models.defaultModelID
            let start = ContinuousClock.now
            let embedder = try await vision.models.embedder(for: modelID)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            return Finding(
                .fine, "model",
                "\(modelID), \(embedder.version.dimension) dimensions, loaded in \(seconds.text(decimals: 2)) s")
        } catch {
            return Finding(.broken, "model", "\(error)", remedy: "Run make setup, or semblance models pull.")
        }
    }

    /// Decodes one tiny picture of each format: what counts is what this machine's libraries can really do.
    private func examineFormats() -> [Finding] {
        let decoder = ImageDecoder()
        let preprocessing = Preprocessing(size: 8, fit: .stretch, mean: [0, 0, 0], deviation: [1, 1, 1])
        var broken: [String] = []
        for (format, bytes) in SamplePictures.all {
            let isReadable = bytes.withUnsafeBytes {
                (try? decoder.prepare($0, for: preprocessing, region: nil)) != nil
            }
            if !isReadable { broken.append(format.rawValue) }
        }
        let working = SamplePictures.all.map(\.format.rawValue).filter { !broken.contains($0) }
        var findings = [Finding(.fine, "formats", working.joined(separator: ", "))]
        if !broken.isEmpty {
            findings.append(
                Finding(
                    .weak, "formats", "cannot read \(broken.joined(separator: ", "))",
                    remedy: "apt-get install libvips42 libheif1 libaom3 libde265-0 libdav1d6"))
        }
        return findings
    }
}

/// One line of the doctor's report.
struct Finding {
    enum State: String {
        case fine, weak, broken
    }

    let state: State
    let subject: String
    let detail: String
    let remedy: String?

    init(_ state: State, _ subject: String, _ detail: String, remedy: String? = nil) {
        self.state = state
        self.subject = subject
        self.detail = detail
        self.remedy = remedy
    }

    var text: String {
        let mark = ["fine": "ok    ", "weak": "weak  ", "broken": "BROKEN"][state.rawValue] ?? ""
        let line = "\(mark)  \(subject): \(detail)"
        return remedy.map { line + "\n        → \($0)" } ?? line
    }

    var json: JSONValue {
        [
            "check": .string(subject), "state": .string(state.rawValue), "detail": .string(detail),
            "remedy": remedy.map(JSONValue.string) ?? .null,
        ]
    }

    static func machine() -> Finding {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let memory = Int64(ProcessInfo.processInfo.physicalMemory)
        return Finding(.fine, "machine", "semblance \(Version.current), \(cores) cores, \(memory.bytesText) memory")
    }

    /// Only `models pull` needs it.
    static func pip() -> Finding {
        let folders = (Environment.value("PATH") ?? "").split(separator: ":")
        let isThere = folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/python3") }
        return isThere
            ? Finding(.fine, "python3", "found (only 'models pull' uses it)")
            : Finding(
                .weak, "python3", "not found: 'models pull' cannot fetch weights", remedy: "apt-get install python3-pip"
            )
    }

    static func freeByteCount(at path: String) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return 0 }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }
}
