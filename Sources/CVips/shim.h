// libvips 8.14. Its operations take a NULL-terminated list of options, and Swift cannot call variadic functions;
// region addresses and signals are macros. Each call that Semblance needs is a static inline function here.
#ifndef SEMBLANCE_CVIPS_SHIM_H
#define SEMBLANCE_CVIPS_SHIM_H

#include <vips/vips.h>

// VIPS_INIT is a macro.
static inline int semblance_vips_start(void) { return VIPS_INIT("semblance"); }

// Loaders. `access` is sequential: pixels are read once, from top to bottom. `fail_on` makes a file that is cut off
// or damaged an error instead of grey or black pixels.
#define SEMBLANCE_VIPS_LOAD_OPTIONS "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR

// `shrink` is 1, 2, 4 or 8: the factor by which libjpeg reduces the picture within the DCT.
static inline int semblance_vips_load_jpeg(const void *bytes, size_t count, int shrink, VipsImage **image) {
    return vips_jpegload_buffer((void *)bytes, count, image, "shrink", shrink, SEMBLANCE_VIPS_LOAD_OPTIONS, NULL);
}

static inline int semblance_vips_load_png(const void *bytes, size_t count, VipsImage **image) {
    return vips_pngload_buffer((void *)bytes, count, image, SEMBLANCE_VIPS_LOAD_OPTIONS, NULL);
}

static inline int semblance_vips_load_webp(const void *bytes, size_t count, VipsImage **image) {
    return vips_webpload_buffer((void *)bytes, count, image, "n", 1, SEMBLANCE_VIPS_LOAD_OPTIONS, NULL);
}

static inline int semblance_vips_load_gif(const void *bytes, size_t count, VipsImage **image) {
    return vips_gifload_buffer((void *)bytes, count, image, "n", 1, SEMBLANCE_VIPS_LOAD_OPTIONS, NULL);
}

static inline int semblance_vips_load_tiff(const void *bytes, size_t count, VipsImage **image) {
    return vips_tiffload_buffer((void *)bytes, count, image, "n", 1, SEMBLANCE_VIPS_LOAD_OPTIONS, NULL);
}

static inline int semblance_vips_load_heif(const void *bytes, size_t count, VipsImage **image) {
    return vips_heifload_buffer((void *)bytes, count, image, "n", 1, SEMBLANCE_VIPS_LOAD_OPTIONS, NULL);
}

// Colours.
static inline int semblance_vips_to_srgb(VipsImage *image, VipsImage **converted) {
    return vips_colourspace(image, converted, VIPS_INTERPRETATION_sRGB, NULL);
}

// `fallback` is used when the image carries no profile of its own, or an unusable one: "srgb" or "cmyk".
static inline int semblance_vips_profile_to_srgb(VipsImage *image, const char *fallback, VipsImage **converted) {
    return vips_icc_transform(
        image, converted, "srgb", "embedded", TRUE, "input_profile", fallback, "depth", 8, "intent",
        VIPS_INTENT_RELATIVE, NULL);
}

static inline int semblance_vips_to_bytes(VipsImage *image, VipsImage **converted) {
    return vips_cast_uchar(image, converted, NULL);
}

static inline int semblance_vips_first_bands(VipsImage *image, int count, VipsImage **converted) {
    return vips_extract_band(image, converted, 0, "n", count, NULL);
}

// WebP without the image's own metadata: a thumbnail must not carry where a photo was taken.
static inline int semblance_vips_save_webp(VipsImage *image, int quality, void **bytes, size_t *count) {
    return vips_webpsave_buffer(image, bytes, count, "Q", quality, "effort", 3, "strip", TRUE, NULL);
}

static inline int semblance_vips_save_jpeg(VipsImage *image, int quality, void **bytes, size_t *count) {
    return vips_jpegsave_buffer(image, bytes, count, "Q", quality, "strip", TRUE, NULL);
}

// VIPS_REGION_ADDR is a macro. Only valid for a point that vips_region_prepare has just prepared.
static inline const unsigned char *semblance_vips_region_row(VipsRegion *region, int y) {
    return VIPS_REGION_ADDR(region, region->valid.left, y);
}

#endif
