// Integer dot products of two blocks of rows, for pairs: a small matrix product in registers.
//
// Four rows by four rows at a time: eight loads feed sixteen multiply-adds. Signs as in dot_query.c.
#include "CVectorKernels.h"
#include "reduce_avx512.h"

#include <string.h>

static void dot_block_plain(const int8_t *a, size_t a_count, const int8_t *b, size_t b_count, size_t stride,
                            int32_t *out) {
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++) {
            int32_t sum = 0;
            for (size_t at = 0; at < stride; at++) sum += a[i * stride + at] * b[j * stride + at];
            out[i * b_count + j] = sum;
        }
}

#if CVK_X86
CVK_TARGET_AVX512 static inline void dot_sixteen(const int8_t *a, const int32_t *a_sums, const int8_t *b,
                                                 size_t stride, int32_t *out, size_t out_width) {
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    __m512i sums[16];
    for (int i = 0; i < 16; i++) sums[i] = _mm512_setzero_si512();
    for (size_t at = 0; at < stride; at += 64) {
        __m512i left[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) left[i] = _mm512_loadu_si512(a + (size_t)i * stride + at);
#pragma clang loop unroll(full)
        for (int j = 0; j < 4; j++) {
            __m512i right = _mm512_xor_si512(_mm512_loadu_si512(b + (size_t)j * stride + at), flip);
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; i++) sums[4 * i + j] = _mm512_dpbusd_epi32(sums[4 * i + j], right, left[i]);
        }
    }
    int32_t tile[16];
    _mm512_storeu_si512(tile, reduce_sixteen(sums));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) out[(size_t)i * out_width + j] = tile[4 * i + j] - 128 * a_sums[i];
}

CVK_TARGET_AVX512 static void dot_block_avx512(const int8_t *a, const int32_t *a_sums, size_t a_count,
                                               const int8_t *b, size_t b_count, size_t stride, int32_t *out) {
    // The four rows of b stay in the first cache while a streams from the second.
    for (size_t j = 0; j < b_count; j += 4)
        for (size_t i = 0; i < a_count; i += 4)
            dot_sixteen(a + i * stride, a_sums + i, b + j * stride, stride, out + i * b_count + j, b_count);
}

CVK_TARGET_AVX2 static void dot_block_avx2(const int8_t *a, size_t a_count, const int8_t *b, size_t b_count,
                                           size_t stride, int32_t *out) {
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t j = 0; j < b_count; j++)
        for (size_t i = 0; i < a_count; i += 4) {
            __m256i sums[4];
            for (int r = 0; r < 4; r++) sums[r] = _mm256_setzero_si256();
            for (size_t at = 0; at < stride; at += 32) {
                __m256i right = _mm256_loadu_si256((const __m256i *)(b + j * stride + at));
                __m256i size = _mm256_abs_epi8(right);
#pragma clang loop unroll(full)
                for (size_t r = 0; r < 4; r++) {
                    __m256i left = _mm256_loadu_si256((const __m256i *)(a + (i + r) * stride + at));
                    __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(left, right));
                    sums[r] = _mm256_add_epi32(sums[r], _mm256_madd_epi16(pairs, ones));
                }
            }
            for (size_t r = 0; r < 4; r++) {
                int32_t lanes[8];
                _mm256_storeu_si256((__m256i *)lanes, sums[r]);
                int32_t sum = 0;
                for (int lane = 0; lane < 8; lane++) sum += lanes[lane];
                out[(i + r) * b_count + j] = sum;
            }
        }
}
#endif

#if CVK_ARM
static inline int32x4_t multiply_add_neon(int32x4_t sum, int8x16_t a, int8x16_t b) {
    sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    return vpadalq_s16(sum, vmull_s8(vget_high_s8(a), vget_high_s8(b)));
}

CVK_TARGET_DOTPROD static inline int32x4_t multiply_add_dotprod(int32x4_t sum, int8x16_t a, int8x16_t b) {
    return vdotq_s32(sum, a, b);
}

#define CVK_DEFINE_DOT_BLOCK(NAME, MULTIPLY_ADD, ATTRIBUTE)                                                       \
    ATTRIBUTE static void NAME(const int8_t *a, size_t a_count, const int8_t *b, size_t b_count, size_t stride,   \
                               int32_t *out) {                                                                    \
        for (size_t j = 0; j < b_count; j++)                                                                      \
            for (size_t i = 0; i < a_count; i += 4) {                                                             \
                int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};             \
                for (size_t at = 0; at < stride; at += 16) {                                                      \
                    int8x16_t right = vld1q_s8(b + j * stride + at);                                              \
                    for (size_t r = 0; r < 4; r++)                                                                \
                        sums[r] = MULTIPLY_ADD(sums[r], vld1q_s8(a + (i + r) * stride + at), right);              \
                }                                                                                                 \
                for (size_t r = 0; r < 4; r++) out[(i + r) * b_count + j] = vaddvq_s32(sums[r]);                  \
            }                                                                                                     \
    }

CVK_DEFINE_DOT_BLOCK(dot_block_neon, multiply_add_neon, )
CVK_DEFINE_DOT_BLOCK(dot_block_dotprod, multiply_add_dotprod, CVK_TARGET_DOTPROD)
#endif

void cvk_dot_block(int isa, const int8_t *a, const int32_t *a_sums, size_t a_count, const int8_t *b, size_t b_count,
                   size_t stride, int32_t *out) {
    (void)a_sums;
    switch (isa) {
#if CVK_X86
    case CVK_AVX2: dot_block_avx2(a, a_count, b, b_count, stride, out); return;
    case CVK_AVX512_VNNI: dot_block_avx512(a, a_sums, a_count, b, b_count, stride, out); return;
#endif
#if CVK_ARM
    case CVK_NEON: dot_block_neon(a, a_count, b, b_count, stride, out); return;
    case CVK_NEON_DOTPROD: dot_block_dotprod(a, a_count, b, b_count, stride, out); return;
#endif
    default: dot_block_plain(a, a_count, b, b_count, stride, out); return;
    }
}

int32_t cvk_pack_row(const int8_t *codes, size_t dimension, size_t stride, int8_t *out) {
    int32_t sum = 0;
    for (size_t i = 0; i < dimension; i++) sum += codes[i];
    memcpy(out, codes, dimension);
    memset(out + dimension, 0, stride - dimension);
    return sum;
}
