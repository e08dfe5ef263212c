// Dot products of floats, the same bits on every processor.
//
// The product of two floats is exact in a double, so a fused multiply-add and a separate one round alike. The
// order of additions is fixed: sixteen sums, sum j over the components with index ≡ j (mod 16) in ascending
// order, then pairwise: 8 + 8, 4 + 4, 2 + 2, 1 + 1. Each sum has at most dimension / 16 + 4 roundings of 2^-53,
// so for unit vectors the error stays below 65,536 / 16 × 1.2e-16 < 5e-13.
#include "CVectorKernels.h"
#include "isa.h"

static double add_up(double sums[16]) {
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++) sums[i] += sums[i + half];
    return sums[0];
}

static double dot_plain(const float *a, const float *b, size_t dimension) {
    double sums[16] = {0};
    size_t whole = dimension / 16 * 16;
    for (size_t at = 0; at < whole; at += 16)
        for (size_t i = 0; i < 16; i++) sums[i] += (double)a[at + i] * b[at + i];
    for (size_t i = whole; i < dimension; i++) sums[i - whole] += (double)a[i] * b[i];
    return add_up(sums);
}

#if CVK_X86
CVK_TARGET_AVX512 static double dot_avx512(const float *a, const float *b, size_t dimension) {
    __m512d first = _mm512_setzero_pd(), second = first;
    size_t whole = dimension / 16 * 16;
    for (size_t at = 0; at < whole; at += 16) {
        first = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(a + at)), _mm512_cvtps_pd(_mm256_loadu_ps(b + at)),
                                first);
        second = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(a + at + 8)),
                                 _mm512_cvtps_pd(_mm256_loadu_ps(b + at + 8)), second);
    }
    double sums[16];
    _mm512_storeu_pd(sums, first);
    _mm512_storeu_pd(sums + 8, second);
    for (size_t i = whole; i < dimension; i++) sums[i - whole] += (double)a[i] * b[i];
    return add_up(sums);
}

CVK_TARGET_AVX2 static double dot_avx2(const float *a, const float *b, size_t dimension) {
    __m256d parts[4];
    for (int i = 0; i < 4; i++) parts[i] = _mm256_setzero_pd();
    size_t whole = dimension / 16 * 16;
    for (size_t at = 0; at < whole; at += 16)
#pragma clang loop unroll(full)
        for (size_t i = 0; i < 4; i++)
            parts[i] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(a + at + 4 * i)),
                                       _mm256_cvtps_pd(_mm_loadu_ps(b + at + 4 * i)), parts[i]);
    double sums[16];
    for (int i = 0; i < 4; i++) _mm256_storeu_pd(sums + 4 * i, parts[i]);
    for (size_t i = whole; i < dimension; i++) sums[i - whole] += (double)a[i] * b[i];
    return add_up(sums);
}
#endif

#if CVK_ARM
static double dot_neon(const float *a, const float *b, size_t dimension) {
    float64x2_t parts[8];
    for (int i = 0; i < 8; i++) parts[i] = vdupq_n_f64(0);
    size_t whole = dimension / 16 * 16;
    for (size_t at = 0; at < whole; at += 16)
        for (size_t i = 0; i < 4; i++) {
            float32x4_t left = vld1q_f32(a + at + 4 * i), right = vld1q_f32(b + at + 4 * i);
            parts[2 * i] = vfmaq_f64(parts[2 * i], vcvt_f64_f32(vget_low_f32(left)),
                                     vcvt_f64_f32(vget_low_f32(right)));
            parts[2 * i + 1] = vfmaq_f64(parts[2 * i + 1], vcvt_high_f64_f32(left), vcvt_high_f64_f32(right));
        }
    double sums[16];
    for (int i = 0; i < 8; i++) vst1q_f64(sums + 2 * i, parts[i]);
    for (size_t i = whole; i < dimension; i++) sums[i - whole] += (double)a[i] * b[i];
    return add_up(sums);
}
#endif

double cvk_dot_float(int isa, const float *a, const float *b, size_t dimension) {
    switch (isa) {
#if CVK_X86
    case CVK_AVX2: return dot_avx2(a, b, dimension);
    case CVK_AVX512_VNNI: return dot_avx512(a, b, dimension);
#endif
#if CVK_ARM
    case CVK_NEON: return dot_neon(a, b, dimension);
    case CVK_NEON_DOTPROD: return dot_neon(a, b, dimension);
#endif
    default: return dot_plain(a, b, dimension);
    }
}

void cvk_dot_float_rows(int isa, const float *query, const float *rows, size_t dimension, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = (float)cvk_dot_float(isa, query, rows + i * dimension, dimension);
}
