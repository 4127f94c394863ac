#if defined(__AVX512F__)
#define HEADSCOPE_ISA avx512
#define HEADSCOPE_NAME "avx512"
#define DOUBLES 8
#define ROWS 4
#include "rows-body.h"
#endif
