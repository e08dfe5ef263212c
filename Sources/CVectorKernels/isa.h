// Shared by the kernels; not part of the module.
#ifndef CVK_ISA_H
#define CVK_ISA_H

#if defined(__x86_64__)
#define CVK_X86 1
#include <immintrin.h>
#define CVK_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define CVK_TARGET_AVX512 __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#else
#define CVK_X86 0
#endif

#if defined(__aarch64__)
#define CVK_ARM 1
#include <arm_neon.h>
#define CVK_TARGET_DOTPROD __attribute__((target("dotprod")))
#else
#define CVK_ARM 0
#endif

#endif
