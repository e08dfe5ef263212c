// Sums of the lanes of sixteen registers in one: a transposition that adds on its way, 45 instructions where
// sixteen separate sums take over 140.
#ifndef CVK_REDUCE_AVX512_H
#define CVK_REDUCE_AVX512_H

#include "isa.h"

#if CVK_X86
CVK_TARGET_AVX512 static inline __m512i add_halves_32(__m512i x, __m512i y) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(x, y), _mm512_unpackhi_epi32(x, y));
}

CVK_TARGET_AVX512 static inline __m512i add_halves_64(__m512i x, __m512i y) {
    return _mm512_add_epi32(_mm512_unpacklo_epi64(x, y), _mm512_unpackhi_epi64(x, y));
}

CVK_TARGET_AVX512 static inline __m512i add_halves_128(__m512i x, __m512i y) {
    return _mm512_add_epi32(_mm512_shuffle_i32x4(x, y, 0x88), _mm512_shuffle_i32x4(x, y, 0xdd));
}

/// Lane i of the result is the sum of the lanes of sums[i].
CVK_TARGET_AVX512 static inline __m512i reduce_sixteen(const __m512i sums[16]) {
    __m512i fours[4];
    for (int i = 0; i < 4; i++) {
        __m512i first = add_halves_32(sums[4 * i], sums[4 * i + 1]);
        __m512i second = add_halves_32(sums[4 * i + 2], sums[4 * i + 3]);
        fours[i] = add_halves_64(first, second);
    }
    return add_halves_128(add_halves_128(fours[0], fours[1]), add_halves_128(fours[2], fours[3]));
}
#endif

#endif
