// Pixel kernels: resampling, composition over white, packing.
//
// Images are rows of 4-byte pixels R, G, B, X: X is padding that makes a pixel one machine word. Every kernel gives
// the same bytes on every processor and at every level of SIMD: sums are exact in 32-bit integers, so their order
// does not matter.
#ifndef SEMBLANCE_IMAGE_KERNELS_H
#define SEMBLANCE_IMAGE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Bytes after the last pixel of every buffer of pixels, and after the last byte of every row that a kernel writes,
// that a kernel may read (and, in rows it writes, overwrite). Their values do not influence results.
#define SEMBLANCE_PIXEL_SLACK 64

// Fraction bits of a weight: 32 − 8 (a pixel) − 2 (sign and overshoot of a cubic), as in Pillow.
#define SEMBLANCE_WEIGHT_BITS 22

typedef enum {
    SEMBLANCE_IMAGE_SIMD_PLAIN = 0,
    SEMBLANCE_IMAGE_SIMD_AVX2 = 1,
    SEMBLANCE_IMAGE_SIMD_AVX512_VNNI = 2,
    SEMBLANCE_IMAGE_SIMD_NEON = 3,
} semblance_image_simd;

// The fastest level that this processor has.
semblance_image_simd semblance_image_best_simd(void);

// Whether this processor has a level.
int semblance_image_has_simd(semblance_image_simd simd);

// How each output along one axis is made of inputs: output i is the sum of `count[i]` inputs from `first[i]` on,
// times `weights[i * stride …]`, rounded and clamped to 0…255.
typedef struct {
    const int32_t *first;
    const int32_t *count;
    const int32_t *weights;
    int32_t output_count;
    // A multiple of 4, at least every count; weights beyond an output's count are 0.
    int32_t stride;
} semblance_image_axis;

// Resamples each row along x: `row_count` rows in, as many out, `axis->output_count` pixels each.
// Strides are in bytes. May read up to three pixels beyond those that the axis names, within the slack.
void semblance_image_resample_rows(
    semblance_image_simd simd, const uint8_t *source, size_t source_stride, size_t row_count,
    const semblance_image_axis *axis, uint8_t *target, size_t target_stride);

// Resamples along y: rows of `byte_count` bytes in, `axis->output_count` such rows out.
// The source's rows and the target's rows are processed in steps of 32 bytes: both need slack.
void semblance_image_resample_columns(
    semblance_image_simd simd, const uint8_t *source, size_t source_stride, size_t byte_count,
    const semblance_image_axis *axis, uint8_t *target, size_t target_stride);

// Turns pixels of 1 (grey), 2 (grey, alpha), 3 (R, G, B) or 4 (R, G, B, alpha) bytes into R, G, B, X over white.
// Alpha is straight (not premultiplied); c over white is c·a + 255·(255 − a), divided by 255 and rounded.
void semblance_image_expand(const uint8_t *source, size_t pixel_count, int bands, uint8_t *target);

// Drops the padding: `pixel_count` pixels of 4 bytes to 3.
void semblance_image_pack(const uint8_t *source, size_t pixel_count, uint8_t *target);

// Drops the padding and swaps x and y: source row x, pixel y becomes target row y, pixel x.
void semblance_image_pack_transposed(
    const uint8_t *source, size_t source_stride, size_t source_rows, size_t source_columns, uint8_t *target,
    size_t target_stride);

#endif
