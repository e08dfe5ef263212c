import CVips
import Foundation
import SemblanceCore

/// libvips, started once a process and closed to everything but the formats that Semblance reads.
enum VipsLibrary {
    /// Loaders that stay open; every other one (SVG, PDF, ImageMagick, OpenSlide, raw data, …) is blocked.
    private static let openLoaders = [
        "VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadNsgif",
        "VipsForeignLoadTiff", "VipsForeignLoadHeif",
    ]

    private static let startFailure: LibraryFailure? = {
        guard semblance_vips_start() == 0 else { return takeError() }
        // One thread a picture: the engine runs one picture a core already. No cache: pictures are seen once.
        vips_concurrency_set(1)
        vips_cache_set_max(0)
        vips_operation_block_set("VipsForeignLoad", 1)
        for loader in openLoaders { vips_operation_block_set(loader, 0) }
        vips_block_untrusted_set(1)
        silenceLog()
        return nil
    }()

    /// Starts libvips at the first call.
    /// - Throws: `ImageError` with `image-unreadable`.
    static func start() throws(ImageError) {
        guard let startFailure else { return }
        throw ImageError(
            .unreadable, "The image library libvips could not start; check its installation with 'semblance doctor'.",
            underlying: startFailure)
    }

    /// Reads and clears libvips' error text, under its lock. Other threads' text may be in it: for logs only.
    static func takeError() -> LibraryFailure {
        guard let text = vips_error_buffer_copy() else { return LibraryFailure(library: "libvips", text: "") }
        defer { g_free(text) }
        let trimmed = String(cString: text).trimmingCharacters(in: .whitespacesAndNewlines)
        return LibraryFailure(library: "libvips", text: trimmed)
    }

    /// libvips and libtiff write warnings about damaged files to standard error, where they would mix with ours.
    private static func silenceLog() {
        g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, { _, _, _, _ in }, nil)
    }
}
