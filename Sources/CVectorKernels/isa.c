// Which instruction sets this processor has.
#include "CVectorKernels.h"
#include "isa.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

bool cvk_has_isa(int isa) {
    switch (isa) {
    case CVK_PLAIN:
        return true;
#if CVK_X86
    // The builtins also ask the operating system whether it saves the wide registers.
    case CVK_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CVK_AVX512_VNNI:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vnni");
#endif
#if CVK_ARM
    case CVK_NEON:
        return true;
    case CVK_NEON_DOTPROD:
#if defined(__linux__)
        return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
        return true;
#else
        return false;
#endif
#endif
    default:
        return false;
    }
}

static int find_best(void) {
    for (int isa = CVK_NEON_DOTPROD; isa > CVK_PLAIN; isa--)
        if (cvk_has_isa(isa)) return isa;
    return CVK_PLAIN;
}

int cvk_best_isa(void) {
    static int best = -1;
    int found = __atomic_load_n(&best, __ATOMIC_RELAXED);
    if (found < 0) {
        found = find_best();
        __atomic_store_n(&best, found, __ATOMIC_RELAXED);
    }
    return found;
}

const char *cvk_isa_name(int isa) {
    switch (isa) {
    case CVK_PLAIN: return "plain C";
    case CVK_AVX2: return "AVX2";
    case CVK_AVX512_VNNI: return "AVX-512 VNNI";
    case CVK_NEON: return "NEON";
    case CVK_NEON_DOTPROD: return "NEON with dot products";
    default: return "unknown";
    }
}
