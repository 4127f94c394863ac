#if defined(__AVX512F__)
#define HEADSCOPE_ISA avx512
#define HEADSCOPE_NAME "avx512"
#define LANES 16
#define MICRO 6
#define PAIR 4
#define WIDE 4
#include "kernel-body.h"
#endif
