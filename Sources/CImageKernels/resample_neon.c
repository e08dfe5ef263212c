// Resampling with NEON: whole 32-bit multiply-adds, four lanes at a time.
#if defined(__aarch64__)

#include <arm_neon.h>
#include <string.h>

#include "resample.h"

static inline uint8x8_t narrowed(int32x4_t first, int32x4_t second) {
    int16x4_t low = vqmovn_s32(vshrq_n_s32(first, SEMBLANCE_WEIGHT_BITS));
    int16x4_t high = vqmovn_s32(vshrq_n_s32(second, SEMBLANCE_WEIGHT_BITS));
    return vqmovun_s16(vcombine_s16(low, high));
}

static inline int32x4_t widened(uint16x4_t bytes) { return vreinterpretq_s32_u32(vmovl_u16(bytes)); }

void semblance_rows_neon(
    const uint8_t *source, size_t source_stride, size_t row_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride) {
    for (size_t row = 0; row < row_count; row++) {
        const uint8_t *pixels = source + row * source_stride;
        uint8_t *output = target + row * target_stride;
        for (int32_t x = 0; x < axis->output_count; x++) {
            const int32_t *weights = axis->weights + (size_t)x * axis->stride;
            const uint8_t *pixel = pixels + 4 * (size_t)axis->first[x];
            int32x4_t sum = vdupq_n_s32(SEMBLANCE_ROUNDING);
            for (int32_t tap = 0; tap < axis->count[x]; tap += 4, pixel += 16) {
                uint8x16_t bytes = vld1q_u8(pixel);
                uint16x8_t front = vmovl_u8(vget_low_u8(bytes));
                uint16x8_t back = vmovl_u8(vget_high_u8(bytes));
                int32x4_t weight = vld1q_s32(weights + tap);
                sum = vmlaq_laneq_s32(sum, widened(vget_low_u16(front)), weight, 0);
                sum = vmlaq_laneq_s32(sum, widened(vget_high_u16(front)), weight, 1);
                sum = vmlaq_laneq_s32(sum, widened(vget_low_u16(back)), weight, 2);
                sum = vmlaq_laneq_s32(sum, widened(vget_high_u16(back)), weight, 3);
            }
            uint32_t packed = vget_lane_u32(vreinterpret_u32_u8(narrowed(sum, sum)), 0) | 0xff000000u;
            memcpy(output + 4 * (size_t)x, &packed, 4);
        }
    }
}

static inline void column_step(
    const uint8_t *source, size_t stride, const int32_t *weights, int32_t count, uint8_t *target) {
    int32x4_t sum0 = vdupq_n_s32(SEMBLANCE_ROUNDING), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (int32_t tap = 0; tap < count; tap++, source += stride) {
        uint8x16_t bytes = vld1q_u8(source);
        uint16x8_t front = vmovl_u8(vget_low_u8(bytes));
        uint16x8_t back = vmovl_u8(vget_high_u8(bytes));
        sum0 = vmlaq_n_s32(sum0, widened(vget_low_u16(front)), weights[tap]);
        sum1 = vmlaq_n_s32(sum1, widened(vget_high_u16(front)), weights[tap]);
        sum2 = vmlaq_n_s32(sum2, widened(vget_low_u16(back)), weights[tap]);
        sum3 = vmlaq_n_s32(sum3, widened(vget_high_u16(back)), weights[tap]);
    }
    vst1q_u8(target, vcombine_u8(narrowed(sum0, sum1), narrowed(sum2, sum3)));
}

void semblance_columns_neon(
    const uint8_t *source, size_t source_stride, size_t byte_count, const semblance_image_axis *axis, uint8_t *target,
    size_t target_stride) {
    for (int32_t y = 0; y < axis->output_count; y++) {
        const int32_t *weights = axis->weights + (size_t)y * axis->stride;
        const uint8_t *rows = source + (size_t)axis->first[y] * source_stride;
        uint8_t *output = target + (size_t)y * target_stride;
        for (size_t start = 0; start < byte_count; start += 16) {
            column_step(rows + start, source_stride, weights, axis->count[y], output + start);
        }
    }
}

#endif
