// CRC-32C, as in iSCSI (RFC 3720): both x86-64 and ARM have instructions for it.
#include "CVectorKernels.h"
#include "isa.h"

#include <string.h>

#if CVK_ARM
#include <arm_acle.h>
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#endif

uint32_t cvk_crc32c_plain(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    crc = ~crc;
    for (size_t i = 0; i < count; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0x82f63b78u & -(crc & 1));
    }
    return ~crc;
}

#if CVK_X86
__attribute__((target("sse4.2"))) static uint32_t crc_sse(uint32_t crc, const uint8_t *at, size_t count) {
    uint64_t sum = (uint32_t)~crc;
    for (; count >= 8; at += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sum = _mm_crc32_u64(sum, word);
    }
    uint32_t rest = (uint32_t)sum;
    for (; count > 0; at++, count--) rest = _mm_crc32_u8(rest, *at);
    return ~rest;
}

static int has_crc(void) { return __builtin_cpu_supports("sse4.2"); }
#define CVK_CRC crc_sse
#elif CVK_ARM
__attribute__((target("crc"))) static uint32_t crc_arm(uint32_t crc, const uint8_t *at, size_t count) {
    crc = ~crc;
    for (; count >= 8; at += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        crc = __crc32cd(crc, word);
    }
    for (; count > 0; at++, count--) crc = __crc32cb(crc, *at);
    return ~crc;
}

static int has_crc(void) {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#else
    return 1;
#endif
}
#define CVK_CRC crc_arm
#endif

uint32_t cvk_crc32c(uint32_t crc, const void *bytes, size_t count) {
#ifdef CVK_CRC
    if (has_crc()) return CVK_CRC(crc, bytes, count);
#endif
    return cvk_crc32c_plain(crc, bytes, count);
}
