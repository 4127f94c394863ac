#if defined(__AVX2__)
#define HEADSCOPE_ISA avx2
#define HEADSCOPE_NAME "avx2"
#define DOUBLES 4
#define ROWS 2
#include "rows-body.h"
#endif
