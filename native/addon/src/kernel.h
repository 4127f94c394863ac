// Streaming softmax attention of one layer. Shapes and rules are those of native/attention/kernel.ts.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "tile.h"

namespace headscope {

constexpr int64_t kPanel = 16;          // keys packed side by side
constexpr int64_t kKeyTile = 512;       // keys whose K, then V, stay in the cache while all rows of a block pass
constexpr int64_t kSegmentRows = 2048;  // rows whose sums are added up together, whatever the threads
constexpr int32_t kFirstKeys[] = {0, 1, 2, 3};  // keys whose mass is told apart
constexpr int64_t kFirstKeyCount = 4;
constexpr int kDistanceBins = 32;       // 0, 1, 2-3, 4-7, ...
constexpr int kLocalWidths = 3;         // distances under 8, 32, 128: whole bins
constexpr int kLocalBins[kLocalWidths] = {4, 6, 8};
constexpr int kHistogramBins = 128;  // of -log2 p, four an octave
constexpr int kSpreadSets = 4;
constexpr int kSpreadBins = 16 * 24;  // of one row's p, sixteen an octave, equal steps; all smaller ones are one more
constexpr int kSpreadAside = 4;  // where the smaller ones go, which nobody reads

// What one head may see, on top of the layer's window. See native/attention/mask.ts.
struct HeadMask {
  enum Kind : int32_t { kSinkWindow = 0, kKeptKeys = 1, kBlocks = 2, kRowKeys = 3 };
  int32_t kind;
  int32_t first, second;   // sink, window | from, - | block size, - | -, -
  const int32_t *keys;     // kept keys | listed keys
  int64_t keyCount;
  const int32_t *offsets;  // of each row's listed keys, [rows + 1]
  const uint8_t *blocks;   // [ceil(tokens / size) squared]
};

// Mass of each row on the keys of its own class: the token, say. Classes are any numbers.
struct KeyMatch {
  const int32_t *rows;  // [rows]
  const int32_t *keys;  // [tokens]
  bool self;            // whether the query's own position counts
  float *mass;          // [heads, rows]
};

// A key that does not count among the others of its row: one of kFirstKeys, or one of the sink keys that a row's rest is
// without. Kept: of the first, what is no sink key and so belongs to the rest.
struct ApartKey {
  int32_t key;
  bool isFirst, isKept;
};

// Row statistics are [heads, rows], each null where nobody wants it.
struct Problem {
  const float *q;  // [rows, heads x dh]; rows = tokens - queryStart
  const float *k;  // [tokens, kvHeads x dh]
  const float *v;
  int64_t tokens, queryStart, heads, kvHeads, headDim;
  float scale;
  float softcap;          // 0 = none
  int64_t window;         // keys that a query sees, itself included
  const float *gain;      // [heads]
  const HeadMask *masks;  // [heads], or null where no head has a mask
  const uint8_t *counted;  // [rows]: whether the row counts in the head's sums; null = all
  float *z;                // [rows, heads x dh]; null = values are not looked at
  float *lse;

  // All null, or none; but columns and pool may be left out alone.
  float *entropy, *rowMax, *meanDistance, *sinkMass;
  float *localMass;  // [heads, kLocalWidths, rows]
  int32_t *rowArgmax;
  double *columnSum;  // [heads, tokens]
  double *distance;   // [heads, kDistanceBins]
  int32_t *maskedRows;  // [heads]
  float *poolMax, *poolSum;  // [heads, side x (side + 1) / 2], side = ceil(tokens / poolBlock)
  int64_t poolBlock;

  // On request.
  float *sumSquares;
  const int32_t *sinkKeys = kFirstKeys;  // ascending
  int64_t sinkCount = kFirstKeyCount;
  float *restMass, *restEntropy, *restMeanDistance;  // without the sink keys, renormalised; [heads, rows], together
  float *restLocalMass;                              // [heads, kLocalWidths, rows]
  const int32_t *targetOffsets, *targetKeys;         // [rows + 1], and the keys of each row
  float *targetMass;
  const float *keyWeights;  // [heads, tokens]
  float *weightedMass;
  double *histogram;           // [heads, kHistogramBins]
  float topP;                  // share of the mass that the width is of
  float *gini, *topWidth;      // of each row, from bins of p; together
  const KeyMatch *matches;
  int64_t matchCount;
  const HeadMask *keptMasks;   // [heads]
  float *keptMass;

  const ApartKey *apart;  // of the keys above, ascending; runAttention sets it
  int64_t apartCount;

  int threads;
  const int32_t *cancel;  // polled; nonzero stops
  int64_t *cells;         // score cells done so far

  int64_t rows() const { return tokens - queryStart; }
  int64_t poolSide() const { return (tokens + poolBlock - 1) / poolBlock; }
};

// K and V of one KV group, packed for the inner loops.
struct PackedGroup {
  std::vector<float> k;  // [panel][dh][16], zero past the end
  std::vector<float> v;  // [key][dhPadded]
};

// Weights of one row, sorted into bins by size: their number in the high half, their mass in units in the low one. Several
// sets, so that equal neighbours do not wait for each other. Empty between rows.
struct Spread {
  int64_t bins[kSpreadSets][kSpreadBins + kSpreadAside] = {};
  // Of the keys of one tile.
  uint32_t places[kKeyTile], masses[kKeyTile];
};

// Buffers of one thread.
struct Scratch {
  std::vector<float> scores, queries, out, poolMax, poolSum;
  std::vector<float> refs;  // [rows, tiles]: what each tile's weights are relative to, then the factor that makes them p
  std::vector<uint8_t> visible, kept;  // [rows, keys] and [keys]
  std::vector<uint8_t> seen;           // [keys]: by any row of the block
  Spread spread;
  int64_t visibleStride = 0;
};

// What one segment adds to the sums of its head.
struct SegmentSums {
  std::vector<float> columns;  // [tokens]
  double distance[kDistanceBins] = {};
  std::vector<double> histogram;
  int32_t maskedRows = 0;
};

// Rows [rowStart, rowEnd) of one head. No pool row is shared between segments.
struct Segment {
  int64_t head, rowStart, rowEnd;
};

using PackFn = void (*)(const Problem &, int64_t group, PackedGroup &);
using AttendFn = void (*)(const Problem &, const PackedGroup &, const Segment &, Scratch &, SegmentSums &);

// One implementation an instruction set.
struct Implementation {
  const char *name;
  PackFn pack;
  AttendFn attend;
  PackKeysFn packKeys;
  TileRowsFn tileRows;
};

// Null where the processor, or the build, lacks it. Names: avx512, avx2, neon, portable.
const Implementation *findImplementation(const char *name);
const Implementation *bestImplementation();

// Runs the whole problem. False when it was cancelled; outputs are then incomplete.
bool runAttention(const Problem &, const Implementation &);
bool runTile(const TileProblem &, const Implementation &);

}  // namespace headscope
