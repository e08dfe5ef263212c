// From integer dot products to bounds on scores. The proof is in SemblanceIndex/Exact/ErrorBound.swift.
#include "CVectorKernels.h"

// Stored vectors are at most this long: unit length within 1e-3, and a little for rounding.
static const double longest_row = 1.0011;
// Covers the rounding of scores to floats (2^-24 of at most 1.003 each, for both rows compared) and of this
// file's doubles.
static const double rounding = 0x1p-23;

/// Lists what reaches the floor. Rows are numbered by `numbers`, or from `first_row` on.
static size_t collect(const cvk_query *query, const int32_t *dots, const cvk_quantisation *quantisations,
                      const uint32_t *numbers, uint32_t first_row, size_t count, uintptr_t next, double floor,
                      cvk_hit *hits) {
    const double per_residual = query->length + query->residual;
    const double constant = longest_row * query->residual + rounding;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (next) __builtin_prefetch((const void *)(next + 64 * i), 0, 2);
        const uint32_t row = numbers ? numbers[i] : first_row + (uint32_t)i;
        const cvk_quantisation quantisation = quantisations[row];
        double sum = 128.0 * dots[2 * i] + dots[2 * i + 1];
        double score = query->step * quantisation.scale * sum;
        double radius = per_residual * quantisation.residual + constant;
        hits[found] = (cvk_hit){row, score - radius, score + radius};
        found += score + radius >= floor;
    }
    return found;
}

size_t cvk_scan(int isa, const cvk_query *query, const cvk_rows *rows, uint32_t first_row, size_t count,
                double floor, cvk_hit *hits) {
    // Prefetching reads nothing, so it may go beyond the last row. It goes on where the products ended, so that the
    // memory does not rest while hits are collected.
    const size_t ahead = 33280;
    const int8_t *codes[CVK_SCAN_ROWS];
    int32_t dots[2 * CVK_SCAN_ROWS];
    for (size_t i = 0; i < count; i++) codes[i] = rows->codes + (first_row + i) * rows->stride;
    cvk_dot_query(isa, query, rows->dimension, codes, count, ahead, dots);
    const uintptr_t next = (uintptr_t)codes[count - 1] + ahead;
    return collect(query, dots, rows->quantisations, NULL, first_row, count, next, floor, hits);
}

size_t cvk_scan_picked(int isa, const cvk_query *query, const cvk_rows *rows, const uint32_t *numbers,
                       size_t count, double floor, cvk_hit *hits) {
    const int8_t *codes[CVK_SCAN_ROWS];
    int32_t dots[2 * CVK_SCAN_ROWS];
    for (size_t i = 0; i < count; i++) codes[i] = rows->codes + numbers[i] * rows->stride;
    cvk_dot_query(isa, query, rows->dimension, codes, count, 0, dots);
    return collect(query, dots, rows->quantisations, numbers, 0, count, 0, floor, hits);
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
