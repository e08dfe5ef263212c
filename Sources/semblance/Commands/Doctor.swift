import ArgumentParser
import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceStore
import SemblanceVision

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the installation and say how to mend it.",
        discussion: """
            Every vector is read and compared with its checksum; damaged ones are mended from the database, unless another \
            process has the data folder. No catalogue is changed. Exit code 1 if something does not work.

            EXAMPLES
              semblance doctor
              semblance doctor --remove-unused
              semblance doctor --json | jq '.checks[] | select(.state != "fine")'
            """)

    @Flag(
        name: .customLong("remove-unused"),
        help: "Remove stored originals that no catalogue uses, such as those that a killed ingestion left.")
    var removesUnused = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let command = self
        let isHealthy = try await semblance.run(options) { await command.examine() }
        if !isHealthy { throw ExitCode.failure }
    }

    private func examine() async -> Bool {
        var findings: [Finding] = [Finding.machine()]
        findings += examineFolder()
        if case .server(let server)? = try? options.address.kind() {
            findings += await examine(server)
        } else {
            findings.append(await examineDatabase())
            findings += await examineIndexes()
        }
        findings.append(await examineOriginals())
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
            let folder = try options.makeDataFolder()
            var findings = [Finding(.fine, "data folder", folder.path)]
            let free = Finding.freeByteCount(at: folder.path)
            findings.append(
                free > 1_000_000_000
                    ? Finding(.fine, "disk space", "\(free.bytesText) free")
                    : Finding(
                        .broken, "disk space", "only \(free.bytesText) free",
                        remedy: "Make room, or choose another --data."))
            // In server mode many processes share it.
            guard case .embedded? = try? options.address.kind() else { return findings }
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
            let folder = try options.makeDataFolder()
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

    private func examineOriginals() async -> Finding {
        do {
            let folder = try options.makeDataFolder()
            if case .embedded = try options.address.kind(),
                !FileManager.default.fileExists(atPath: folder.databasePath)
            {
                return Finding(.fine, "originals", "none yet")
            }
            let backends = try await Backends.build(
                options.address, in: folder, access: removesUnused ? .write : .read,
                logger: Log.make(isVerbose: options.isVerbose))
            return try await UnusedOriginals(of: backends, removing: removesUnused).examine()
        } catch let error as StoreError {
            return Finding(.broken, "originals", error.message)
        } catch {
            return Finding(.broken, "originals", "\(error)")
        }
    }

    private func examineModel() async -> Finding {
        do {
            let vision = try Vision.build(for: options)
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
        var broken: [ImageFormat] = []
        for (format, bytes) in SamplePictures.all {
            let isReadable = bytes.withUnsafeBytes {
                (try? decoder.prepare($0, for: preprocessing, region: nil)) != nil
            }
            if !isReadable { broken.append(format) }
        }
        let working = SamplePictures.all.map(\.format).filter { !broken.contains($0) }.map(\.rawValue)
        var findings = [Finding(.fine, "formats", working.joined(separator: ", "))]
        if !broken.isEmpty {
            findings.append(
                Finding(
                    .weak, "formats", "cannot read \(broken.map(\.rawValue).joined(separator: ", "))",
                    remedy: Self.remedy(for: broken)))
        }
        return findings
    }

    /// Debian 12 has libheif's decoders in `libheif1`; later ones have them in packages that it only recommends.
    private static func remedy(for formats: [ImageFormat]) -> String {
        let plugins: [ImageFormat: String] = [.heic: "libheif-plugin-libde265", .avif: "libheif-plugin-dav1d"]
        let needed = formats.compactMap { plugins[$0] }
        guard !needed.isEmpty else { return "apt-get install libvips-dev" }
        return "apt-get install libheif1, and after Debian 12 also \(needed.joined(separator: " "))"
    }
}
