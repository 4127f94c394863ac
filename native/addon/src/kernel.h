// Streaming softmax attention of one layer. Shapes and rules are those of native/attention/kernel.ts.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

namespace headscope {

struct Problem {
  const float *q;  // [rows, heads x dh]; rows = tokens - queryStart
  const float *k;  // [tokens, kvHeads x dh]
  const float *v;
  int64_t tokens, queryStart, heads, kvHeads, headDim;
  float scale;
  int64_t window;          // keys that a query sees, itself included
  const float *gain;       // [heads]
  const int32_t *sinks;    // [heads], or null where no head has a mask
  const int32_t *windows;  // [heads]
  float *z;                // [rows, heads x dh]
  float *lse, *entropy, *rowMax, *meanDistance;  // [heads, rows]
  int32_t *rowArgmax;
  double *columnSum;  // [heads, tokens], added to
  int threads;
  const int32_t *cancel;  // polled; nonzero stops
  int64_t *cells;         // score cells done so far

  int64_t rows() const { return tokens - queryStart; }
};

constexpr int64_t kPanel = 16;          // keys packed side by side
constexpr int64_t kSegmentRows = 2048;  // rows whose column sums are added up together, whatever the threads

// K and V of one KV group, packed for the inner loops.
struct PackedGroup {
  std::vector<float> k;  // [panel][dh][16], zero past the end
  std::vector<float> v;  // [key][dhPadded]
};

// Buffers of one thread.
struct Scratch {
  std::vector<float> scores, queries, out;
};

struct Segment {
  int64_t head, rowStart, rowEnd;
  float *columns;  // [tokens], zeroed
};

using PackFn = void (*)(const Problem &, int64_t group, PackedGroup &);
using AttendFn = void (*)(const Problem &, const PackedGroup &, const Segment &, Scratch &);

// One implementation an instruction set.
struct Implementation {
  const char *name;
  PackFn pack;
  AttendFn attend;
};

// Null where the processor, or the build, lacks it. Names: avx512, avx2, portable (on ARM that is NEON).
const Implementation *findImplementation(const char *name);
const Implementation *bestImplementation();

// Runs the whole problem. False when it was cancelled; outputs are then incomplete.
bool runAttention(const Problem &, const Implementation &);

}  // namespace headscope
