#if defined(__AVX512F__)
#define HEADSCOPE_ISA avx512
#define HEADSCOPE_NAME "avx512"
#define LANES 16
#define MICRO 8
#define PAIR 2
#define WIDE 2
#include "kernel-body.h"
#endif
