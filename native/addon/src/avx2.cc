#if defined(__AVX2__) && defined(__FMA__)
#define HEADSCOPE_ISA avx2
#define HEADSCOPE_NAME "avx2"
#define LANES 8
#define MICRO 6
#define PAIR 1
#define WIDE 2
#include "kernel-body.h"
#endif
