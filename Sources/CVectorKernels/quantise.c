// Vectors to codes.
#include "CVectorKernels.h"

#include <math.h>

// Lengths are summed in doubles: at most 65,536 terms, so a relative error below 1e-11. This rounds them up.
static const double upwards = 1 + 1e-9;

static float largest_component(const float *vector, size_t dimension) {
    float largest = 0;
    for (size_t i = 0; i < dimension; i++) largest = fmaxf(largest, fabsf(vector[i]));
    return largest;
}

static int clamp(long value, int limit) {
    return value > limit ? limit : value < -limit ? -limit : (int)value;
}

cvk_quantisation cvk_quantise_row(const float *vector, size_t dimension, int8_t *codes) {
    float scale = largest_component(vector, dimension) / 127;
    double inverse = scale > 0 ? 1 / (double)scale : 0;
    double squares = 0;
    for (size_t i = 0; i < dimension; i++) {
        codes[i] = (int8_t)clamp(lrint(vector[i] * inverse), 127);
        double rest = (double)vector[i] - (double)scale * codes[i];
        squares += rest * rest;
    }
    return (cvk_quantisation){scale, nextafterf((float)(sqrt(squares) * upwards), INFINITY)};
}

cvk_query cvk_quantise_query(const float *vector, size_t dimension, int8_t *high, int8_t *low) {
    // 127 × 128, so that the high byte stays within −127…127.
    const int limit = 16256;
    cvk_query query = {.high = high, .low = low};
    query.step = (double)largest_component(vector, dimension) / limit;
    double inverse = query.step > 0 ? 1 / query.step : 0;
    double squares = 0, length = 0;
    for (size_t i = 0; i < dimension; i++) {
        int code = clamp(lrint(vector[i] * inverse), limit);
        // Floor division: the low byte is −64…63.
        int top = (code + 64 + 128 * 128) / 128 - 128;
        high[i] = (int8_t)top;
        low[i] = (int8_t)(code - 128 * top);
        query.high_sum += high[i];
        query.low_sum += low[i];
        double rest = vector[i] - query.step * code;
        squares += rest * rest;
        length += (double)vector[i] * vector[i];
    }
    // The products step × code are rounded: at most 2^-53 of a component each.
    query.residual = sqrt(squares) * upwards + 1e-15;
    query.length = sqrt(length) * upwards;
    return query;
}
