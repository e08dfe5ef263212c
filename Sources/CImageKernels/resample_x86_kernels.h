// The x86 kernels, included once for each LEVEL: the levels differ only in how products are added.
// No include guard, on purpose.

#define JOIN_(name, level) name##_##level
#define JOIN(name, level) JOIN_(name, level)
#define NAMED(name) JOIN(name, LEVEL)

// Four sums (one a channel) of one output pixel, from the halves that saw even and odd pairs of taps.
TARGET static inline __m128i NAMED(joined)(__m256i low, __m256i high) {
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, LOW_BITS), low);
    __m128i both = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    return _mm_srai_epi32(_mm_add_epi32(both, _mm_set1_epi32(SEMBLANCE_ROUNDING)), SEMBLANCE_WEIGHT_BITS);
}

TARGET static inline __m256i NAMED(four_pixels)(const uint8_t *pixels, __m128i order) {
    return _mm256_cvtepu8_epi16(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)pixels), order));
}

// Four rows at once, so that each group of weights is read from memory once for all of them.
TARGET static void NAMED(four_rows)(
    const uint8_t *const source[4], uint8_t *const target[4], const semblance_image_axis *axis,
    const tap_group *groups) {
    // R0 R1 G0 G1 B0 B1 X0 X1 and the same of pixels 2 and 3: pairs of taps side by side.
    const __m128i order = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    for (int32_t x = 0; x < axis->output_count; x++) {
        size_t offset = 4 * (size_t)axis->first[x];
        __m256i low0 = _mm256_setzero_si256(), low1 = low0, low2 = low0, low3 = low0;
        __m256i high0 = low0, high1 = low0, high2 = low0, high3 = low0;
        for (int left = group_count(axis->count[x]); left > 0; left--, groups++, offset += 16) {
            __m256i low = _mm256_loadu_si256((const __m256i *)groups->low);
            __m256i high = _mm256_loadu_si256((const __m256i *)groups->high);
            __m256i pixels = NAMED(four_pixels)(source[0] + offset, order);
            low0 = NAMED(add_products)(low0, pixels, low);
            high0 = NAMED(add_products)(high0, pixels, high);
            pixels = NAMED(four_pixels)(source[1] + offset, order);
            low1 = NAMED(add_products)(low1, pixels, low);
            high1 = NAMED(add_products)(high1, pixels, high);
            pixels = NAMED(four_pixels)(source[2] + offset, order);
            low2 = NAMED(add_products)(low2, pixels, low);
            high2 = NAMED(add_products)(high2, pixels, high);
            pixels = NAMED(four_pixels)(source[3] + offset, order);
            low3 = NAMED(add_products)(low3, pixels, low);
            high3 = NAMED(add_products)(high3, pixels, high);
        }
        __m128i upper = _mm_packs_epi32(NAMED(joined)(low0, high0), NAMED(joined)(low1, high1));
        __m128i lower = _mm_packs_epi32(NAMED(joined)(low2, high2), NAMED(joined)(low3, high3));
        __m128i bytes = _mm_or_si128(_mm_packus_epi16(upper, lower), _mm_set1_epi32((int)0xff000000));
        *(int32_t *)(target[0] + 4 * (size_t)x) = _mm_extract_epi32(bytes, 0);
        *(int32_t *)(target[1] + 4 * (size_t)x) = _mm_extract_epi32(bytes, 1);
        *(int32_t *)(target[2] + 4 * (size_t)x) = _mm_extract_epi32(bytes, 2);
        *(int32_t *)(target[3] + 4 * (size_t)x) = _mm_extract_epi32(bytes, 3);
    }
}

TARGET void NAMED(semblance_rows)(
    const uint8_t *source, size_t source_stride, size_t row_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride) {
    tap_group *groups = spread_axis(axis);
    if (!groups) {
        semblance_rows_plain(source, source_stride, row_count, axis, target, target_stride);
        return;
    }
    for (size_t row = 0; row < row_count; row += 4) {
        const uint8_t *inputs[4];
        uint8_t *outputs[4];
        for (size_t i = 0; i < 4; i++) {
            // The last rows are done twice rather than by another loop.
            size_t index = row + i < row_count ? row + i : row_count - 1;
            inputs[i] = source + index * source_stride;
            outputs[i] = target + index * target_stride;
        }
        NAMED(four_rows)(inputs, outputs, axis, groups);
    }
    free(groups);
}

TARGET static inline __m256i NAMED(clamped)(__m256i low, __m256i high) {
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, LOW_BITS), low);
    return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(SEMBLANCE_ROUNDING)), SEMBLANCE_WEIGHT_BITS);
}

// 32 bytes of one output row.
TARGET static inline void NAMED(column_step)(
    const uint8_t *source, size_t stride, const row_pair *pairs, int32_t count, uint8_t *target) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i low0 = zero, low1 = zero, low2 = zero, low3 = zero;
    __m256i high0 = zero, high1 = zero, high2 = zero, high3 = zero;
    for (int32_t tap = 0; tap < count; tap += 2, pairs++) {
        const uint8_t *first = source + (size_t)tap * stride;
        // An odd last row meets itself with weight 0: there may be no row after it.
        const uint8_t *second = tap + 1 < count ? first + stride : first;
        __m256i a = _mm256_loadu_si256((const __m256i *)first);
        __m256i b = _mm256_loadu_si256((const __m256i *)second);
        __m256i low = _mm256_set1_epi32(pairs->low);
        __m256i high = _mm256_set1_epi32(pairs->high);
        __m256i left = _mm256_unpacklo_epi8(a, b);
        __m256i right = _mm256_unpackhi_epi8(a, b);
        __m256i pixels = _mm256_unpacklo_epi8(left, zero);
        low0 = NAMED(add_products)(low0, pixels, low);
        high0 = NAMED(add_products)(high0, pixels, high);
        pixels = _mm256_unpackhi_epi8(left, zero);
        low1 = NAMED(add_products)(low1, pixels, low);
        high1 = NAMED(add_products)(high1, pixels, high);
        pixels = _mm256_unpacklo_epi8(right, zero);
        low2 = NAMED(add_products)(low2, pixels, low);
        high2 = NAMED(add_products)(high2, pixels, high);
        pixels = _mm256_unpackhi_epi8(right, zero);
        low3 = NAMED(add_products)(low3, pixels, low);
        high3 = NAMED(add_products)(high3, pixels, high);
    }
    // Unpacking and packing both work within halves of a register, so the order comes out right.
    __m256i front = _mm256_packs_epi32(NAMED(clamped)(low0, high0), NAMED(clamped)(low1, high1));
    __m256i back = _mm256_packs_epi32(NAMED(clamped)(low2, high2), NAMED(clamped)(low3, high3));
    _mm256_storeu_si256((__m256i *)target, _mm256_packus_epi16(front, back));
}

TARGET void NAMED(semblance_columns)(
    const uint8_t *source, size_t source_stride, size_t byte_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride) {
    row_pair *pairs = malloc((size_t)(axis->stride / 2 + 1) * sizeof(row_pair));
    if (!pairs) {
        semblance_columns_plain(source, source_stride, byte_count, axis, target, target_stride);
        return;
    }
    for (int32_t y = 0; y < axis->output_count; y++) {
        pair_rows(axis->weights + (size_t)y * axis->stride, axis->count[y], pairs);
        const uint8_t *rows = source + (size_t)axis->first[y] * source_stride;
        uint8_t *output = target + (size_t)y * target_stride;
        for (size_t start = 0; start < byte_count; start += 32) {
            NAMED(column_step)(rows + start, source_stride, pairs, axis->count[y], output + start);
        }
    }
    free(pairs);
}

#undef JOIN_
#undef JOIN
#undef NAMED
