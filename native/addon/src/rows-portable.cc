#define HEADSCOPE_ISA portable
#if defined(__ARM_NEON)
#define HEADSCOPE_NAME "neon"
#else
#define HEADSCOPE_NAME "portable"
#endif
#define DOUBLES 2
#define ROWS 1
#include "rows-body.h"
