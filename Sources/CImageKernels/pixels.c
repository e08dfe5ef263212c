// Pixels in and out: other layouts to R, G, B, X over white, and the packed result.
#include "image_kernels.h"

static inline uint8_t over_white(uint32_t colour, uint32_t alpha) {
    // Exact division by 255, rounded to the nearest.
    uint32_t value = colour * alpha + 255 * (255 - alpha) + 128;
    return (uint8_t)((value + (value >> 8)) >> 8);
}

static inline void put(uint8_t *target, uint8_t red, uint8_t green, uint8_t blue) {
    target[0] = red;
    target[1] = green;
    target[2] = blue;
    target[3] = 255;
}

void semblance_image_expand(const uint8_t *source, size_t pixel_count, int bands, uint8_t *target) {
    switch (bands) {
    case 1:
        for (size_t i = 0; i < pixel_count; i++) put(target + 4 * i, source[i], source[i], source[i]);
        break;
    case 2:
        for (size_t i = 0; i < pixel_count; i++) {
            uint8_t grey = over_white(source[2 * i], source[2 * i + 1]);
            put(target + 4 * i, grey, grey, grey);
        }
        break;
    case 3:
        for (size_t i = 0; i < pixel_count; i++)
            put(target + 4 * i, source[3 * i], source[3 * i + 1], source[3 * i + 2]);
        break;
    case 4:
        for (size_t i = 0; i < pixel_count; i++) {
            uint32_t alpha = source[4 * i + 3];
            put(target + 4 * i, over_white(source[4 * i], alpha), over_white(source[4 * i + 1], alpha),
                over_white(source[4 * i + 2], alpha));
        }
        break;
    }
}

void semblance_image_pack(const uint8_t *source, size_t pixel_count, uint8_t *target) {
    for (size_t i = 0; i < pixel_count; i++) {
        target[3 * i] = source[4 * i];
        target[3 * i + 1] = source[4 * i + 1];
        target[3 * i + 2] = source[4 * i + 2];
    }
}

void semblance_image_pack_transposed(
    const uint8_t *source, size_t source_stride, size_t source_rows, size_t source_columns, uint8_t *target,
    size_t target_stride) {
    for (size_t x = 0; x < source_rows; x++) {
        const uint8_t *pixel = source + x * source_stride;
        uint8_t *output = target + 3 * x;
        for (size_t y = 0; y < source_columns; y++, pixel += 4, output += target_stride) {
            output[0] = pixel[0];
            output[1] = pixel[1];
            output[2] = pixel[2];
        }
    }
}
