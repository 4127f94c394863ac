#define HEADSCOPE_ISA portable
#define HEADSCOPE_NAME "portable"
#define LANES 4
#define MICRO 4
#define PAIR 1
#define WIDE 4
#include "kernel-body.h"
