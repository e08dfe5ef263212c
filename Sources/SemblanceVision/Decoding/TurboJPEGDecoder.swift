import CTurboJPEG
import SemblanceCore

/// Decodes plain JPEGs (8 bits, YCbCr or grey, sRGB) with libjpeg-turbo, reduced within the DCT where that is enough.
struct TurboJPEGDecoder: ~Copyable {
    private let handle: tjhandle
    private let bytes: UnsafeRawBufferPointer
    private let summary: JPEGSummary

    /// Reads the header.
    /// - Returns: `nil` if this JPEG is not for the fast path: a colour space or sampling that TurboJPEG does not take.
    init?(_ bytes: UnsafeRawBufferPointer, summary: JPEGSummary) {
        guard summary.isPlain, let handle = tjInitDecompress() else { return nil }
        var width: Int32 = 0
        var height: Int32 = 0
        var sampling: Int32 = 0
        var space: Int32 = 0
        let status = tjDecompressHeader3(
            handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count), &width, &height, &sampling,
            &space)
        let isPlain = space == Int32(TJCS_YCbCr.rawValue) || space == Int32(TJCS_GRAY.rawValue)
        let isReadable = status == 0 || Self.isHarmlessWarning(handle)
        guard isReadable, isPlain, Int(width) == summary.width, Int(height) == summary.height else {
            tjDestroy(handle)
            return nil
        }
        self.handle = handle
        self.bytes = bytes
        self.summary = summary
    }

    deinit { tjDestroy(handle) }

    /// Decodes at 1/`reduction` of the size, rounded up.
    /// - Parameter reduction: 1, 2, 4 or 8.
    /// - Throws: `ImageError`: damaged or too slow.
    func decode(
        reduction: Int, buffers: PixelBufferPool, deadline: DecodingDeadline
    ) throws(ImageError) -> Raster {
        let width = (summary.width + reduction - 1) / reduction
        let height = (summary.height + reduction - 1) / reduction
        let buffer = buffers.take(byteCount: Raster.byteCount(width: width, height: height))
        do {
            try decode(into: buffer, width: width, height: height)
            try deadline.check()
        } catch {
            buffers.giveBack(buffer)
            throw error
        }
        return Raster(
            buffer: buffer, width: width, height: height, orientation: summary.orientation, reduction: reduction)
    }

    private func decode(into buffer: PixelBuffer, width: Int, height: Int) throws(ImageError) {
        if run(into: buffer, width: width, height: height, flags: TJFLAG_STOPONWARNING) { return }
        // Stray bytes before a marker are common in photos of some cameras and harm no pixel. Anything else that
        // libjpeg warns of means missing or invented pixels.
        guard Self.isHarmlessWarning(handle) else { throw damaged() }
        let isDone = run(into: buffer, width: width, height: height, flags: 0)
        guard isDone || Self.isHarmlessWarning(handle) else { throw damaged() }
    }

    private func run(into buffer: PixelBuffer, width: Int, height: Int, flags: Int32) -> Bool {
        let status = tjDecompress2(
            handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count), buffer.pointer, Int32(width),
            Int32(width * 4), Int32(height), Int32(TJPF_RGBX.rawValue), flags | TJFLAG_LIMITSCANS)
        return status == 0
    }

    /// TurboJPEG gives one code for every warning, so the two kinds are told apart by libjpeg's constant text.
    private static func isHarmlessWarning(_ handle: tjhandle) -> Bool {
        tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
            && errorText(handle).contains("extraneous bytes before marker")
    }

    private static func errorText(_ handle: tjhandle) -> String { String(cString: tjGetErrorStr2(handle)) }

    private func damaged() -> ImageError {
        .damaged(.jpeg, underlying: LibraryFailure(library: "libjpeg-turbo", text: Self.errorText(handle)))
    }
}
