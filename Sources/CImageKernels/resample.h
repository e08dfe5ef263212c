// What the levels of SIMD share. Internal.
#ifndef SEMBLANCE_RESAMPLE_H
#define SEMBLANCE_RESAMPLE_H

#include "image_kernels.h"

#define SEMBLANCE_ROUNDING (1 << (SEMBLANCE_WEIGHT_BITS - 1))

typedef void semblance_rows_kernel(
    const uint8_t *source, size_t source_stride, size_t row_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride);

typedef void semblance_columns_kernel(
    const uint8_t *source, size_t source_stride, size_t byte_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride);

semblance_rows_kernel semblance_rows_plain;
semblance_columns_kernel semblance_columns_plain;

#if defined(__x86_64__)
semblance_rows_kernel semblance_rows_avx2, semblance_rows_avx512_vnni;
semblance_columns_kernel semblance_columns_avx2, semblance_columns_avx512_vnni;
#endif

#if defined(__aarch64__)
semblance_rows_kernel semblance_rows_neon;
semblance_columns_kernel semblance_columns_neon;
#endif

static inline uint8_t semblance_clamped(int32_t sum) {
    int32_t value = sum >> SEMBLANCE_WEIGHT_BITS;
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

#endif
