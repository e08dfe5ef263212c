// Chooses the level of SIMD at run time.
#include "resample.h"

int semblance_image_has_simd(semblance_image_simd simd) {
    switch (simd) {
    case SEMBLANCE_IMAGE_SIMD_PLAIN:
        return 1;
#if defined(__x86_64__)
    case SEMBLANCE_IMAGE_SIMD_AVX2:
        return __builtin_cpu_supports("avx2") != 0;
    case SEMBLANCE_IMAGE_SIMD_AVX512_VNNI:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
#endif
#if defined(__aarch64__)
    case SEMBLANCE_IMAGE_SIMD_NEON:
        return 1;
#endif
    default:
        return 0;
    }
}

semblance_image_simd semblance_image_best_simd(void) {
    static const semblance_image_simd fastest_first[] = {
        SEMBLANCE_IMAGE_SIMD_AVX512_VNNI, SEMBLANCE_IMAGE_SIMD_AVX2, SEMBLANCE_IMAGE_SIMD_NEON};
    for (size_t i = 0; i < sizeof fastest_first / sizeof *fastest_first; i++) {
        if (semblance_image_has_simd(fastest_first[i])) return fastest_first[i];
    }
    return SEMBLANCE_IMAGE_SIMD_PLAIN;
}

static semblance_rows_kernel *rows_kernel(semblance_image_simd simd) {
    if (!semblance_image_has_simd(simd)) return semblance_rows_plain;
    switch (simd) {
#if defined(__x86_64__)
    case SEMBLANCE_IMAGE_SIMD_AVX2:
        return semblance_rows_avx2;
    case SEMBLANCE_IMAGE_SIMD_AVX512_VNNI:
        return semblance_rows_avx512_vnni;
#endif
#if defined(__aarch64__)
    case SEMBLANCE_IMAGE_SIMD_NEON:
        return semblance_rows_neon;
#endif
    default:
        return semblance_rows_plain;
    }
}

static semblance_columns_kernel *columns_kernel(semblance_image_simd simd) {
    if (!semblance_image_has_simd(simd)) return semblance_columns_plain;
    switch (simd) {
#if defined(__x86_64__)
    case SEMBLANCE_IMAGE_SIMD_AVX2:
        return semblance_columns_avx2;
    case SEMBLANCE_IMAGE_SIMD_AVX512_VNNI:
        return semblance_columns_avx512_vnni;
#endif
#if defined(__aarch64__)
    case SEMBLANCE_IMAGE_SIMD_NEON:
        return semblance_columns_neon;
#endif
    default:
        return semblance_columns_plain;
    }
}

void semblance_image_resample_rows(
    semblance_image_simd simd, const uint8_t *source, size_t source_stride, size_t row_count,
    const semblance_image_axis *axis, uint8_t *target, size_t target_stride) {
    rows_kernel(simd)(source, source_stride, row_count, axis, target, target_stride);
}

void semblance_image_resample_columns(
    semblance_image_simd simd, const uint8_t *source, size_t source_stride, size_t byte_count,
    const semblance_image_axis *axis, uint8_t *target, size_t target_stride) {
    columns_kernel(simd)(source, source_stride, byte_count, axis, target, target_stride);
}
