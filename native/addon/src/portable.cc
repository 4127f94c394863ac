#define HEADSCOPE_ISA portable
#if defined(__ARM_NEON)
#define HEADSCOPE_NAME "neon"
#else
#define HEADSCOPE_NAME "portable"
#endif
#define LANES 4
#define MICRO 4
#define PAIR 1
#define WIDE 4
#include "kernel-body.h"
