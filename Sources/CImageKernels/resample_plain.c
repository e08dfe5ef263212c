// Resampling in plain C: the definition that the SIMD levels must equal, and the way on other processors.
#include "resample.h"

void semblance_rows_plain(
    const uint8_t *source, size_t source_stride, size_t row_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride) {
    for (size_t row = 0; row < row_count; row++) {
        const uint8_t *pixels = source + row * source_stride;
        uint8_t *output = target + row * target_stride;
        for (int32_t x = 0; x < axis->output_count; x++) {
            const int32_t *weights = axis->weights + (size_t)x * axis->stride;
            const uint8_t *pixel = pixels + 4 * (size_t)axis->first[x];
            // Unsigned sums wrap without undefined behaviour, and the true sum fits.
            uint32_t red = SEMBLANCE_ROUNDING, green = SEMBLANCE_ROUNDING, blue = SEMBLANCE_ROUNDING;
            for (int32_t tap = 0; tap < axis->count[x]; tap++, pixel += 4) {
                uint32_t weight = (uint32_t)weights[tap];
                red += pixel[0] * weight;
                green += pixel[1] * weight;
                blue += pixel[2] * weight;
            }
            output[4 * x] = semblance_clamped((int32_t)red);
            output[4 * x + 1] = semblance_clamped((int32_t)green);
            output[4 * x + 2] = semblance_clamped((int32_t)blue);
            output[4 * x + 3] = 255;
        }
    }
}

// Sums are kept for a block of bytes at a time: small enough for the first-level cache, long enough to vectorise.
enum { BLOCK = 256 };

void semblance_columns_plain(
    const uint8_t *source, size_t source_stride, size_t byte_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride) {
    for (int32_t y = 0; y < axis->output_count; y++) {
        const int32_t *weights = axis->weights + (size_t)y * axis->stride;
        const uint8_t *rows = source + (size_t)axis->first[y] * source_stride;
        uint8_t *output = target + (size_t)y * target_stride;
        for (size_t start = 0; start < byte_count; start += BLOCK) {
            size_t width = byte_count - start < BLOCK ? byte_count - start : BLOCK;
            uint32_t sums[BLOCK];
            for (size_t i = 0; i < width; i++) sums[i] = SEMBLANCE_ROUNDING;
            for (int32_t tap = 0; tap < axis->count[y]; tap++) {
                const uint8_t *bytes = rows + (size_t)tap * source_stride + start;
                uint32_t weight = (uint32_t)weights[tap];
                for (size_t i = 0; i < width; i++) sums[i] += bytes[i] * weight;
            }
            for (size_t i = 0; i < width; i++) output[start + i] = semblance_clamped((int32_t)sums[i]);
        }
    }
}
