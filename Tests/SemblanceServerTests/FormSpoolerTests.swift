import Foundation
import SemblanceCore
import SemblanceEngine
import SemblanceServer
import SemblanceTesting
import Testing

@Suite struct FormSpoolerTests {
    private func makeSpooler(in folder: String, limit: Int = 1000) throws -> FormSpooler {
        try FormSpooler(
            contentType: Form().contentType, rules: .catalogue(DecodingLimits(maximumByteCount: limit))
        ) { folder + "/" + UUID().uuidString }
    }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    @Test(arguments: [1, 7, 4096])
    func spoolsTheSameFilesHoweverTheBodyIsCut(chunkSize: Int) throws {
        let folder = try TemporaryFolder()
        var spooler = try makeSpooler(in: folder.path)
        let bytes = Form.pictures(0..<3, fields: [.field("model", "small")]).bytes
        for start in stride(from: 0, to: bytes.count, by: chunkSize) {
            try spooler.receive(bytes[start..<min(start + chunkSize, bytes.count)])
        }
        let form = try spooler.finish()
        #expect(form.fields == ["model": "small"])
        guard case .listed(let path, 3) = form.files else {
            Issue.record("expected a list of 3 files")
            return
        }
        let uploads = Array(try SpoolList(path: path).uploads())
        #expect(uploads.map(\.name) == ["0.png", "1.png", "2.png"])
        for (number, upload) in uploads.enumerated() {
            #expect(try Array(Data(contentsOf: URL(fileURLWithPath: upload.path))) == SmallImage.numbered(number))
        }
        form.discard()
        #expect(try names(in: folder.path).isEmpty)
    }

    @Test func cutsALargeFileAndEndsAPartThatNeverEnds() throws {
        let folder = try TemporaryFolder()
        var spooler = try makeSpooler(in: folder.path)
        let start = Form.unended([.file("files", "a.png", [])]).bytes.dropLast(2)
        try spooler.receive(start[...])
        let chunk = [UInt8](repeating: 0, count: 4 << 20)[...]
        let error = #expect(throws: ImageError.self) {
            for _ in 0..<300 { try spooler.receive(chunk) }
        }
        #expect(error?.code == .tooManyBytes)
        let files = try names(in: folder.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(try #require(files.first)))
        #expect(files.count == 1)
        #expect(attributes[.size] as? Int == 1001)
        spooler.discard()
        #expect(try names(in: folder.path).isEmpty)
    }

    @Test(arguments: [
        ("plain.png", "plain.png"), ("2019/IMG_1.jpg", "2019/IMG_1.jpg"), ("../../etc/passwd", "etc/passwd"),
        ("/home/a/../b.png", "home/a/b.png"), ("C:\\Bilder\\Ente.jpg", "C:/Bilder/Ente.jpg"),
        ("a%0A/./b%0D.png", "a/b.png"), ("folder/", "unnamed"),
        (
            String(repeating: String(repeating: "x", count: 200) + "/", count: 10) + "y.png",
            String(repeating: String(repeating: "x", count: 200) + "/", count: 4) + "y.png"
        ),
    ])
    func keepsTheFoldersOfANameToShowThem(fileName: String, shownPath: String) throws {
        let folder = try TemporaryFolder()
        var spooler = try makeSpooler(in: folder.path)
        try spooler.receive(Form([.file("files", fileName, [1])]).bytes[...])
        let form = try spooler.finish()
        guard case .listed(let path, 1) = form.files else {
            Issue.record("expected a list of one file")
            return
        }
        let upload = try #require(Array(try SpoolList(path: path).uploads()).first)
        #expect(upload.shownPath == shownPath)
        #expect(upload.name == shownPath.split(separator: "/").last.map(String.init))
    }

    @Test func refusesAFileWithoutAName() throws {
        let folder = try TemporaryFolder()
        var spooler = try makeSpooler(in: folder.path)
        let error = #expect(throws: RequestError.self) {
            try spooler.receive(Form([.file("files", "", [0])]).bytes[...])
        }
        #expect(error?.code == .invalidMultipart)
        #expect(error?.message.contains("without a name") == true)
    }

    @Test func takesEmptyFileInputsButNotWithoutEnd() throws {
        let folder = try TemporaryFolder()
        var spooler = try makeSpooler(in: folder.path)
        let inputs = Form.unended((0..<64).map { _ in .file("files", "", []) })
        try spooler.receive(inputs.bytes[...])
        let error = #expect(throws: RequestError.self) {
            try spooler.receive(Form([.file("files", "", [])]).bytes[...])
        }
        #expect(error?.code == .invalidMultipart)
    }

    @Test(.enabled("a small file system can be mounted by root only") { SmallDisk.isPossible })
    func saysWhenTheDiskIsFull() throws {
        let disk = try SmallDisk()
        var spooler = try makeSpooler(in: disk.path, limit: 1_000_000)
        let form = Form([.file("files", "a.png", [UInt8](repeating: 7, count: 500_000))])
        let error = #expect(throws: StoreError.self) { try spooler.receive(form.bytes[...]) }
        #expect(error?.code == .diskFull)
        spooler.discard()
        #expect(try names(in: disk.path).isEmpty)
    }
}

/// A file system of 64 kB.
private final class SmallDisk {
    static var isPossible: Bool {
        guard getuid() == 0, let disk = try? SmallDisk() else { return false }
        return !disk.path.isEmpty
    }

    private let folder: TemporaryFolder
    var path: String { folder.path }

    init() throws {
        folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
        }
    }

    deinit { umount(folder.path) }
}
