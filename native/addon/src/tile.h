// Tiles of the map of one head, from Q, K and LSE. See native/tiles/tile-kernel.ts for shapes and rules.
#pragma once
#include <cstdint>
#include <vector>

namespace headscope {

// One head's rows in arrays of all heads.
struct MapSource {
  const float *q;    // [tokens, heads x dh]
  const float *k;    // [tokens, kvHeads x dh]
  const float *lse;  // [tokens] of this head
  int64_t head, group;
  float scale, softcap;  // softcap 0 = none
  int64_t window;
};

struct TileProblem {
  enum Value : int32_t { kProbability = 0, kLogProbability = 1, kLogit = 2, kLift = 3 };
  enum Reducer : int32_t { kMax = 0, kSum = 1, kMin = 2 };
  int64_t tokens, heads, kvHeads, headDim;
  MapSource map, minus;  // minus.q null = no difference
  int64_t rowStart, rowEnd, keyStart, keyEnd, skipKeys;
  int32_t level, value, reducer;
  // [ceil((rowEnd - rowStart) / 2^level), columns], NaN where no cell is visible, and the number of visible cells.
  int64_t columns;
  float *values;
  float *counts;
  int threads;
  const int32_t *cancel;

  int64_t texelRows() const { return (rowEnd - rowStart + (int64_t{1} << level) - 1) >> level; }
};

// K of the tile's keys, packed as in kernel.h: [panel][dh][16].
using PackKeysFn = void (*)(const TileProblem &, const MapSource &, std::vector<float> &);
// Texel rows [first, last).
using TileRowsFn = void (*)(const TileProblem &, const std::vector<float> &keys, const std::vector<float> &minusKeys,
                            int64_t first, int64_t last);

}  // namespace headscope
