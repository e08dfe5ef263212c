// Resampling with AVX2, and with AVX-512 VNNI on 256-bit registers (wider ones run at half rate on Zen 4).
//
// A weight has 23 bits and the multiply-add of two 16-bit pairs (pmaddwd) is the fastest there is, so each weight is
// split into high · 2^11 + low: two pmaddwd a pair of taps, both exact, joined by one shift at the end. Sums may
// wrap on the way; modulo 2^32 the end is right, because the true sum fits.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stdlib.h>

#include "resample.h"

enum { LOW_BITS = 11, LOW_MASK = (1 << LOW_BITS) - 1 };

// The weights of four taps as the row kernel multiplies them: taps 0 1 0 1 0 1 0 1 | 2 3 2 3 2 3 2 3.
typedef struct {
    int16_t low[16];
    int16_t high[16];
} tap_group;

static int group_count(int32_t taps) { return (taps + 3) / 4; }

static void spread(const int32_t *weights, tap_group *group) {
    for (int tap = 0; tap < 4; tap++) {
        int16_t low = (int16_t)(weights[tap] & LOW_MASK);
        int16_t high = (int16_t)(weights[tap] >> LOW_BITS);
        for (int channel = 0; channel < 4; channel++) {
            int lane = (tap / 2) * 8 + channel * 2 + tap % 2;
            group->low[lane] = low;
            group->high[lane] = high;
        }
    }
}

// All outputs' groups, one output after the other; NULL if there is no memory.
static tap_group *spread_axis(const semblance_image_axis *axis) {
    size_t total = 0;
    for (int32_t i = 0; i < axis->output_count; i++) total += group_count(axis->count[i]);
    tap_group *groups = malloc((total ? total : 1) * sizeof(tap_group));
    if (!groups) return NULL;
    tap_group *next = groups;
    for (int32_t i = 0; i < axis->output_count; i++) {
        const int32_t *weights = axis->weights + (size_t)i * axis->stride;
        for (int group = 0; group < group_count(axis->count[i]); group++) spread(weights + 4 * group, next++);
    }
    return groups;
}

// Weights of two rows as one 32-bit word: first row in the low half.
typedef struct {
    int32_t low;
    int32_t high;
} row_pair;

static void pair_rows(const int32_t *weights, int32_t count, row_pair *pairs) {
    for (int32_t tap = 0; tap < count; tap += 2) {
        uint32_t first = (uint32_t)weights[tap];
        uint32_t second = tap + 1 < count ? (uint32_t)weights[tap + 1] : 0;
        pairs[tap / 2].low = (int32_t)((first & LOW_MASK) | (second & LOW_MASK) << 16);
        uint32_t first_high = (uint32_t)((int32_t)first >> LOW_BITS) & 0xffff;
        uint32_t second_high = (uint32_t)((int32_t)second >> LOW_BITS) << 16;
        pairs[tap / 2].high = (int32_t)(first_high | second_high);
    }
}

#define AVX2 __attribute__((target("avx2"), always_inline)) static inline
#define VNNI __attribute__((target("avx2,avx512f,avx512vl,avx512bw,avx512vnni"), always_inline)) static inline

AVX2 __m256i add_products_avx2(__m256i sum, __m256i pixels, __m256i weights) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pixels, weights));
}

VNNI __m256i add_products_avx512_vnni(__m256i sum, __m256i pixels, __m256i weights) {
    return _mm256_dpwssd_epi32(sum, pixels, weights);
}

#define LEVEL avx2
#define TARGET __attribute__((target("avx2")))
#include "resample_x86_kernels.h"
#undef LEVEL
#undef TARGET

#define LEVEL avx512_vnni
#define TARGET __attribute__((target("avx2,avx512f,avx512vl,avx512bw,avx512vnni")))
#include "resample_x86_kernels.h"

#endif
