// From integer dot products to bounds on scores. The proof is in SemblanceIndex/Exact/ErrorBound.swift.
#include "CVectorKernels.h"

#include <string.h>

// Stored vectors are at most this long: unit length within 1e-3, and a little for rounding.
static const double longest_row = 1.0011;
// Covers the rounding of scores to floats (2^-24 of at most 1.003 each, for both rows compared) and of this
// file's doubles.
static const double rounding = 0x1p-23;

static size_t collect(const cvk_query *query, const int32_t *dots, const uint8_t *const *heads,
                      const uint32_t *numbers, uint32_t first_row, size_t count, size_t ahead, double floor,
                      cvk_hit *hits) {
    // Goes on where the products stopped fetching, so that the memory does not rest meanwhile.
    const uintptr_t next = ahead ? (uintptr_t)heads[count - 1] + ahead : 0;
    const double per_residual = query->length + query->residual;
    const double constant = longest_row * query->residual + rounding;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (next) __builtin_prefetch((const void *)(next + 64 * i), 0, 2);
        cvk_row_head head;
        memcpy(&head, heads[i], sizeof head);
        double sum = 128.0 * dots[2 * i] + dots[2 * i + 1];
        double score = query->step * head.scale * sum;
        double radius = per_residual * head.residual + constant;
        hits[found].row = numbers ? numbers[i] : first_row + (uint32_t)i;
        hits[found].lower = score - radius;
        hits[found].upper = score + radius;
        found += score + radius >= floor;
    }
    return found;
}

static size_t score(int isa, const cvk_query *query, size_t dimension, const uint8_t *const *heads,
                    const uint32_t *numbers, uint32_t first_row, size_t count, double floor, cvk_hit *hits) {
    // Prefetching reads nothing, so it may go beyond the last row.
    const size_t ahead = numbers ? 0 : 33280;
    const int8_t *codes[CVK_SCAN_ROWS];
    int32_t dots[2 * CVK_SCAN_ROWS];
    for (size_t i = 0; i < count; i++) codes[i] = (const int8_t *)heads[i] + sizeof(cvk_row_head);
    cvk_dot_query(isa, query, dimension, codes, count, ahead, dots);
    return collect(query, dots, heads, numbers, first_row, count, ahead, floor, hits);
}

size_t cvk_scan(int isa, const cvk_query *query, size_t dimension, const uint8_t *rows, size_t stride, size_t count,
                uint32_t first_row, double floor, cvk_hit *hits) {
    const uint8_t *heads[CVK_SCAN_ROWS];
    for (size_t i = 0; i < count; i++) heads[i] = rows + i * stride;
    return score(isa, query, dimension, heads, NULL, first_row, count, floor, hits);
}

size_t cvk_scan_picked(int isa, const cvk_query *query, size_t dimension, const uint8_t *rows, size_t stride,
                       const uint32_t *numbers, size_t count, double floor, cvk_hit *hits) {
    const uint8_t *heads[CVK_SCAN_ROWS];
    for (size_t i = 0; i < count; i++) heads[i] = rows + (size_t)numbers[i] * stride;
    return score(isa, query, dimension, heads, numbers, 0, count, floor, hits);
}

size_t cvk_pairs(const int32_t *dots, size_t dots_width, cvk_block a, cvk_block b, float floor, cvk_pair *pairs) {
    // Single precision is quick enough to look at every pair; 2e-6 covers its rounding: five operations on
    // numbers below 2.1.
    float largest = 0;
    for (size_t j = 0; j < b.count; j++) largest = b.residuals[j] > largest ? b.residuals[j] : largest;
    const float weight = (float)longest_row + largest;
    size_t found = 0;
    for (size_t i = 0; i < a.count; i++) {
        const int32_t *row = dots + i * dots_width;
        const float scale = a.scales[i];
        const float needed = floor - weight * a.residuals[i] - 2e-6f;
        int any = 0;
        for (size_t j = 0; j < b.count; j++)
            any |= (float)row[j] * scale * b.scales[j] + weight * b.residuals[j] >= needed;
        if (!any) continue;
        for (size_t j = 0; j < b.count; j++)
            if ((float)row[j] * scale * b.scales[j] + weight * b.residuals[j] >= needed)
                pairs[found++] = (cvk_pair){(uint16_t)i, (uint16_t)j};
    }
    return found;
}
