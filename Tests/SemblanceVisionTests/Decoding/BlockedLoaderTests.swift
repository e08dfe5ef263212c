import CVips
import Foundation
import SemblanceVision
import Testing

/// What libvips still refuses, asked for by name. The decoder never asks for it: this is what holds if it ever does.
@Suite struct BlockedLoaderTests {
    private let path: String

    /// Reading a picture starts libvips.
    init() throws {
        _ = try ImageDecoder().prepare(ImageFixtures.bytes("rgb.png"))
        path = NSTemporaryDirectory() + "semblance-loader-\(UUID().uuidString)"
    }

    /// Each file is one that its loader can read. libvips itself mistrusts all of these loaders but `matrixload`.
    @Test(arguments: [
        ("svgload", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
        ("ppmload", "P3 1 1 255 1 2 3\n"), ("csvload", "1,2\n3,4\n"), ("matrixload", "2 1\n1 2\n"),
    ])
    func loadsNoOtherFormat(loader: String, contents: String) throws {
        try Data(contents.utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        let operation = try VipsOperationReference(loader)
        #expect(operation.isBlocked)
        #expect(!operation.load(path))
    }

    @Test(arguments: [
        ("jpegload", "photo.jpg"), ("pngload", "rgb.png"), ("webpload", "lossy.webp"), ("gifload", "animated.gif"),
        ("tiffload", "rgb.tiff"), ("heifload", "rgb.heic"),
    ])
    func loadsWhatIsRead(loader: String, file: String) throws {
        let operation = try VipsOperationReference(loader)
        #expect(!operation.isBlocked)
        #expect(operation.load(ImageFixtures.folder.appending(path: file).path))
    }

    /// The block of all other loaders does not cover savers.
    @Test func runsNoSaverThatLibvipsMistrusts() throws {
        #expect(try VipsOperationReference("fitssave").isBlocked)
    }
}

/// An operation of libvips that has not run yet.
private final class VipsOperationReference {
    private let pointer: UnsafeMutablePointer<VipsOperation>

    init(_ name: String) throws { pointer = try #require(vips_operation_new(name)) }

    deinit { g_object_unref(pointer) }

    var isBlocked: Bool { vips_operation_get_flags(pointer).rawValue & VIPS_OPERATION_BLOCKED.rawValue != 0 }

    /// Runs a loader.
    /// - Returns: whether it took the file.
    func load(_ path: String) -> Bool {
        let object = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: VipsObject.self)
        defer { vips_object_unref_outputs(object) }
        return vips_object_set_argument_from_string(object, "filename", path) == 0 && vips_object_build(object) == 0
    }
}
