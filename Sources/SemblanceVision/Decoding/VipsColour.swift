import CVips

/// Converts what libvips loaded to bytes of sRGB or grey, with or without alpha.
enum VipsColour {
    /// - Parameters:
    ///   - hasProfile: whether an embedded profile other than sRGB is to be followed.
    ///   - body: gets an image of 1 to 4 bands of bytes.
    static func withByteImage(
        _ image: borrowing VipsImageReference, hasProfile: Bool,
        _ body: (borrowing VipsImageReference) throws -> Void
    ) throws {
        if hasProfile, let profiled = followProfile(of: image) {
            return try withBytes(profiled, body)
        }
        switch image.interpretation {
        case VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_RGB, VIPS_INTERPRETATION_B_W:
            try withBytes(image, body)
        default:
            let pointer = image.pointer
            let converted = try VipsImageReference { semblance_vips_to_srgb(pointer, &$0) }
            try withBytes(converted, body)
        }
    }

    /// `nil` if the profile is broken or does not fit the picture: then the picture is taken as its kind usually is.
    private static func followProfile(of image: borrowing VipsImageReference) -> VipsImageReference? {
        let pointer = image.pointer
        let fallback = image.interpretation == VIPS_INTERPRETATION_CMYK ? "cmyk" : "srgb"
        return try? VipsImageReference { semblance_vips_profile_to_srgb(pointer, fallback, &$0) }
    }

    private static func withBytes(
        _ image: borrowing VipsImageReference, _ body: (borrowing VipsImageReference) throws -> Void
    ) throws {
        let pointer = image.pointer
        guard image.isBytes else {
            let cast = try VipsImageReference { semblance_vips_to_bytes(pointer, &$0) }
            return try withFewBands(cast, body)
        }
        try withFewBands(image, body)
    }

    /// Bands beyond alpha (depth maps, masks) are not part of the picture.
    private static func withFewBands(
        _ image: borrowing VipsImageReference, _ body: (borrowing VipsImageReference) throws -> Void
    ) throws {
        guard image.bandCount > 4 else { return try body(image) }
        let pointer = image.pointer
        let reduced = try VipsImageReference { semblance_vips_first_bands(pointer, 3, &$0) }
        try body(reduced)
    }
}
