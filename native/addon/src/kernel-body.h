// The kernel, written once over GCC/Clang vectors and compiled once per instruction set.
// Before inclusion: HEADSCOPE_ISA (namespace), LANES (floats of a vector), MICRO (rows held in registers), PAIR (panels
// of keys held beside them), WIDE (vectors of V held beside them).
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernel.h"
#include "visibility.h"

namespace headscope {
namespace HEADSCOPE_ISA {

typedef float Vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t IntVec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

constexpr int64_t kVecs = kPanel / LANES;  // vectors of a panel
constexpr int64_t kKeyTile = 512;          // keys whose K, then V, stay in the cache while all rows of a block pass
constexpr int64_t kDimStretch = 32;        // dimensions that are summed in one go
constexpr float kMasked = -INFINITY;
constexpr float kLog2e = 1.44269504088896341f;

static inline Vec load(const float *p) { return *reinterpret_cast<const Vec *>(p); }
static inline void store(float *p, Vec x) { *reinterpret_cast<Vec *>(p) = x; }
static inline Vec splat(float x) { return x - Vec{}; }
static inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }

// e^x for x <= 0, within 2 ulp where e^x counts; 0 below -87.3, where float32 ends (and for -inf).
static inline Vec expNegative(Vec x) {
  const Vec low = splat(-87.33654f);
  const IntVec tiny = x < low;
  const Vec clamped = (tiny ? low : x) * kLog2e;
  // Adding 1.5 x 2^23 rounds to the nearest integer and leaves it in the low bits.
  Vec shifted = clamped + 12582912.0f;
  const Vec r = clamped - (shifted - 12582912.0f);
  Vec p = splat(1.5370705e-4f);
  p = p * r + 1.3399848e-3f;
  p = p * r + 9.6183736e-3f;
  p = p * r + 5.5503290e-2f;
  p = p * r + 2.4022648e-1f;
  p = p * r + 6.9314718e-1f;
  p = p * r + 1.0f;
  IntVec bits = reinterpret_cast<IntVec &>(p) + (reinterpret_cast<IntVec &>(shifted) << 23);
  return tiny ? Vec{} : reinterpret_cast<Vec &>(bits);
}

// cap x tanh(x / cap). tanh(y) = (1 - e) / (1 + e) with e = exp(-2 |y|), for either sign.
static inline Vec softcapped(Vec x, float cap) {
  const Vec size = x < Vec{} ? -x : x;
  const Vec e = expNegative(size * (-2.0f / cap));
  const Vec capped = cap * (1.0f - e) / (1.0f + e);
  return x < Vec{} ? -capped : capped;
}

// Halves are added to halves: the order is that of the lanes, whatever the width.
static inline float sumOf(Vec x) {
  float lane[LANES];
  std::memcpy(lane, &x, sizeof lane);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lane[i] += lane[i + width];
  return lane[0];
}

static int64_t padded(int64_t dh) { return (dh + kPanel - 1) / kPanel * kPanel; }

static void pack(const Problem &p, int64_t group, PackedGroup &out) {
  const int64_t dh = p.headDim, width = p.kvHeads * dh, pad = padded(dh);
  const int64_t panels = (p.tokens + kPanel - 1) / kPanel;
  out.k.assign(panels * dh * kPanel, 0.0f);
  out.v.assign(panels * kPanel * pad, 0.0f);
  for (int64_t key = 0; key < p.tokens; key++) {
    const float *k = p.k + key * width + group * dh;
    float *panel = out.k.data() + (key / kPanel) * dh * kPanel + key % kPanel;
    for (int64_t d = 0; d < dh; d++) panel[d * kPanel] = k[d];
    std::memcpy(out.v.data() + key * pad, p.v + key * width + group * dh, dh * sizeof(float));
  }
}

// Scores of ROWS rows against PANELS panels. Long heads are summed in stretches, which keeps the rounding small.
template <int ROWS, int PANELS>
static inline void scoreBlock(const float *q, int64_t dh, const float *panel, float *out, int64_t stride) {
  for (int64_t start = 0; start < dh; start += kDimStretch) {
    Vec sum[ROWS][PANELS * kVecs];
    for (int r = 0; r < ROWS; r++)
      for (int c = 0; c < PANELS * kVecs; c++) sum[r][c] = Vec{};
    const int64_t end = std::min(dh, start + kDimStretch);
    for (int64_t d = start; d < end; d++) {
      Vec k[PANELS * kVecs];
      for (int b = 0; b < PANELS; b++)
        for (int c = 0; c < kVecs; c++) k[b * kVecs + c] = load(panel + (b * dh + d) * kPanel + c * LANES);
      for (int r = 0; r < ROWS; r++) {
        const Vec x = splat(q[r * dh + d]);
        for (int c = 0; c < PANELS * kVecs; c++) sum[r][c] += x * k[c];
      }
    }
    for (int r = 0; r < ROWS; r++)
      for (int c = 0; c < PANELS * kVecs; c++) {
        float *at = out + r * stride + c * LANES;
        store(at, start == 0 ? sum[r][c] : load(at) + sum[r][c]);
      }
  }
}

// out[row][dims] += weights[row][key] x v[key][dims] for one panel's width of dimensions times COLS.
template <int ROWS, int COLS>
static inline void valueBlock(const float *weights, int64_t stride, const float *v, int64_t pad, int64_t keys, float *out) {
  Vec sum[ROWS][COLS];
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < COLS; c++) sum[r][c] = load(out + r * pad + c * LANES);
  for (int64_t key = 0; key < keys; key++) {
    Vec x[COLS];
    for (int c = 0; c < COLS; c++) x[c] = load(v + key * pad + c * LANES);
    for (int r = 0; r < ROWS; r++) {
      const Vec w = splat(weights[r * stride + key]);
      for (int c = 0; c < COLS; c++) sum[r][c] += w * x[c];
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < COLS; c++) store(out + r * pad + c * LANES, sum[r][c]);
}

// A stretch of keys that some row of the block sees; whole panels.
struct Range {
  int64_t panelStart, panelEnd;
  int64_t offset;  // of its first key in a row of the scores
  int64_t firstKey() const { return panelStart * kPanel; }
  int64_t lastKey() const { return panelEnd * kPanel; }  // exclusive
  int64_t end() const { return offset + (panelEnd - panelStart) * kPanel; }
};

struct Ranges {
  Range at[2];
  int count = 0;
  int64_t length = 0;

  void add(int64_t from, int64_t to) {
    int64_t start = from / kPanel;
    const int64_t end = (to + kPanel - 1) / kPanel;
    if (count > 0) start = std::max(start, at[count - 1].panelEnd);
    if (start >= end) return;
    at[count++] = {start, end, length};
    length += (end - start) * kPanel;
  }
  // The score of a key in a row, or null where the row block does not reach it.
  float *find(float *row, int64_t key) const {
    for (int g = 0; g < count; g++)
      if (key >= at[g].firstKey() && key < at[g].lastKey()) return row + at[g].offset + key - at[g].firstKey();
    return nullptr;
  }
};

struct Visible {
  int64_t sink, window;  // keys [0, sink) and (i - window, i]; layer and mask together
  int64_t lowest;        // the layer's own window: keys below i - lowest + 1 are out even for sinks
};

// Hides what the row at `position` does not see in a range.
static void hide(float *row, const Range &range, int64_t position, const Visible &see, int64_t tokens) {
  const int64_t first = range.firstKey(), last = range.lastKey();
  const int64_t floor = std::max<int64_t>(0, position - see.lowest + 1);
  const int64_t near = std::max(floor, position - see.window + 1);
  float *at = row + range.offset - first;
  const int64_t sinkEnd = std::max(floor, std::min(see.sink, near));
  for (int64_t key = first; key < std::min(floor, last); key++) at[key] = kMasked;
  for (int64_t key = std::max(first, sinkEnd); key < std::min(near, last); key++) at[key] = kMasked;
  for (int64_t key = std::max(first, std::min(position + 1, tokens)); key < last; key++) at[key] = kMasked;
}

static void hideByMask(float *row, const Range &range, const uint8_t *visible, int64_t end) {
  float *at = row + range.offset - range.firstKey();
  for (int64_t key = range.firstKey(); key < std::min(end, range.lastKey()); key++)
    if (!visible[key]) at[key] = kMasked;
}

static inline int distanceBin(int64_t distance) {
  return distance <= 0 ? 0 : 64 - __builtin_clzll(static_cast<unsigned long long>(distance));
}

// Sums over the keys of one row, in units of the row's largest weight.
struct RowSums {
  float bin[kDistanceBins] = {};  // without the sink keys
  float sinkBin[kDistanceBins] = {};
  // Of weight x log weight, and weight x distance.
  double logSum = 0, sinkLogSum = 0, farSum = 0, sinkFarSum = 0;

  void add(float e, float shifted, int64_t distance, bool isSink) {
    if (!(e > 0)) return;
    (isSink ? sinkBin : bin)[distanceBin(distance)] += e;
    (isSink ? sinkLogSum : logSum) += static_cast<double>(e) * shifted;
    (isSink ? sinkFarSum : farSum) += static_cast<double>(e) * static_cast<double>(distance);
  }
};

// Turns the scores of a row into weights relative to its largest, and sums them up by distance.
static void weigh(float *s, const Range &range, float peak, int64_t position, RowSums &sums) {
  int64_t i = range.offset;
  const int64_t shift = range.firstKey() - range.offset, end = range.end();
  float lanes[LANES];
  while (i < end) {
    const int64_t key = i + shift;
    const int64_t far = position - key, near = far - LANES + 1;
    // One by one: the sinks, and vectors that a bin's edge runs through.
    if (key < kSinkKeys || near < 1 || distanceBin(far) != distanceBin(near)) {
      const Vec shifted = load(s + i) - peak;
      const Vec e = expNegative(shifted);
      std::memcpy(lanes, &shifted, sizeof lanes);
      store(s + i, e);
      for (int lane = 0; lane < LANES; lane++)
        sums.add(s[i + lane], lanes[lane], far - lane, key + lane < kSinkKeys);
      i += LANES;
      continue;
    }
    const int bin = distanceBin(far);
    const int64_t nearest = int64_t{1} << (bin - 1);
    const int64_t stop = std::min(end, i + (far - nearest + 1) / LANES * LANES);
    Vec sum = Vec{}, logSum = Vec{}, farSum = Vec{}, distance;
    for (int lane = 0; lane < LANES; lane++) distance[lane] = static_cast<float>(far - lane);
    for (; i < stop; i += LANES) {
      const Vec shifted = load(s + i) - peak;
      const Vec e = expNegative(shifted);
      store(s + i, e);
      sum += e;
      // Where e is 0 the shifted score may be -inf, and 0 x inf is not 0.
      logSum += e > Vec{} ? e * shifted : Vec{};
      farSum += e * distance;
      distance -= static_cast<float>(LANES);
    }
    sums.bin[bin] += sumOf(sum);
    sums.logSum += sumOf(logSum);
    sums.farSum += sumOf(farSum);
  }
}

// The weights alone, for callers who want no statistics.
static double weighOnly(float *s, const Ranges &ranges, float peak) {
  Vec sum = Vec{};
  for (int64_t i = 0; i < ranges.length; i += LANES) {
    const Vec e = expNegative(load(s + i) - peak);
    store(s + i, e);
    sum += e;
  }
  return sumOf(sum);
}

// What was asked for beyond the default statistics; reads the weights of one row.
static void gatherExtras(const Problem &p, const Ranges &ranges, float *s, float inverse, int64_t head, int64_t row,
                         bool counts, Scratch &scratch, SegmentSums &out) {
  const int64_t at = head * p.rows() + row, position = p.queryStart + row;
  const auto each = [&](const auto &visit) {
    for (int g = 0; g < ranges.count; g++) {
      const Range &range = ranges.at[g];
      const int64_t last = std::min(range.lastKey(), position + 1);
      const float *weights = s + range.offset - range.firstKey();
      for (int64_t key = range.firstKey(); key < last; key++) visit(key, weights[key] * inverse);
    }
  };
  if (p.sumSquares != nullptr) {
    double sum = 0;
    each([&](int64_t, float w) { sum += static_cast<double>(w) * w; });
    p.sumSquares[at] = static_cast<float>(sum);
  }
  if (p.weightedMass != nullptr) {
    double sum = 0;
    const float *weights = p.keyWeights + head * p.tokens;
    each([&](int64_t key, float w) { sum += static_cast<double>(w) * weights[key]; });
    p.weightedMass[at] = static_cast<float>(sum);
  }
  if (p.histogram != nullptr && counts) {
    each([&](int64_t, float w) {
      if (w > 0) out.histogram[std::clamp(static_cast<int>(-4.0f * std::log2(w)), 0, kHistogramBins - 1)] += 1;
    });
  }
  if (p.targetMass != nullptr) {
    double sum = 0;
    for (int32_t i = p.targetOffsets[row]; i < p.targetOffsets[row + 1]; i++) {
      const int64_t key = p.targetKeys[i];
      const float *weight = key >= 0 && key <= position ? ranges.find(s, key) : nullptr;
      if (weight != nullptr) sum += static_cast<double>(*weight) * inverse;
    }
    p.targetMass[at] = static_cast<float>(sum);
  }
  if (p.keptMass != nullptr) {
    scratch.visible.resize(position + 1);
    markVisible(p.keptMasks[head], p.tokens, position, row, position + 1, scratch.visible.data());
    double sum = 0;
    each([&](int64_t key, float w) { sum += scratch.visible[key] ? w : 0; });
    p.keptMass[at] = static_cast<float>(sum);
  }
}

// Everything about a row that its sums tell.
static void tellRow(const Problem &p, const RowSums &sums, double total, int64_t head, int64_t row,
                    int64_t strongest, bool counts, SegmentSums &out) {
  const int64_t rows = p.rows(), at = head * rows + row;
  double sink = 0;
  for (int bin = 0; bin < kDistanceBins; bin++) sink += sums.sinkBin[bin];
  double rest = 0, local[kLocalWidths] = {}, restLocal[kLocalWidths] = {};
  for (int bin = 0; bin < kDistanceBins; bin++) {
    rest += sums.bin[bin];
    for (int w = 0; w < kLocalWidths; w++) {
      if (bin >= kLocalBins[w]) continue;
      local[w] += static_cast<double>(sums.bin[bin]) + sums.sinkBin[bin];
      restLocal[w] += sums.bin[bin];
    }
    if (counts) out.distance[bin] += (static_cast<double>(sums.bin[bin]) + sums.sinkBin[bin]) / total;
  }
  // H = log total - E[log weight], each relative to the row's largest.
  p.entropy[at] = static_cast<float>(std::max(0.0, std::log(total) - (sums.logSum + sums.sinkLogSum) / total));
  p.rowMax[at] = static_cast<float>(1 / total);
  p.rowArgmax[at] = static_cast<int32_t>(strongest);
  p.meanDistance[at] = static_cast<float>((sums.farSum + sums.sinkFarSum) / total);
  p.sinkMass[at] = static_cast<float>(sink / total);
  for (int w = 0; w < kLocalWidths; w++)
    p.localMass[(head * kLocalWidths + w) * rows + row] = static_cast<float>(local[w] / total);
  if (p.restMass == nullptr) return;
  const double safe = rest > 0 ? rest : 1;
  p.restMass[at] = static_cast<float>(rest / total);
  p.restEntropy[at] = rest > 0 ? static_cast<float>(std::max(0.0, std::log(rest) - sums.logSum / rest)) : 0;
  p.restMeanDistance[at] = static_cast<float>(sums.farSum / safe);
  for (int w = 0; w < kLocalWidths; w++)
    p.restLocalMass[(head * kLocalWidths + w) * rows + row] = static_cast<float>(restLocal[w] / safe);
}

// A row that sees nothing.
static void tellMasked(const Problem &p, int64_t head, int64_t row, bool counts, SegmentSums &out) {
  const int64_t rows = p.rows(), at = head * rows + row;
  p.lse[at] = kMasked;
  if (counts) out.maskedRows += 1;
  if (p.entropy == nullptr) return;
  for (float *part : {p.entropy, p.rowMax, p.meanDistance, p.sinkMass, p.sumSquares, p.restMass, p.restEntropy,
                      p.restMeanDistance, p.targetMass, p.weightedMass, p.keptMass})
    if (part != nullptr) part[at] = 0;
  p.rowArgmax[at] = -1;
  for (float *part : {p.localMass, p.restLocalMass})
    for (int w = 0; part != nullptr && w < kLocalWidths; w++) part[(head * kLocalWidths + w) * rows + row] = 0;
}

// Columns and pool of the rows [first, last) of a block, all of one pool row, counted ones only (inverse 0 = not).
static void addColumns(const Range &range, const float *scores, int64_t length, const float *inverse, int64_t first,
                       int64_t last, Scratch &scratch) {
  const int64_t shift = range.firstKey() - range.offset;
  for (int64_t i = range.offset; i < range.end(); i += LANES) {
    float *sumAt = scratch.poolSum.data() + i + shift, *maxAt = scratch.poolMax.data() + i + shift;
    Vec sum = load(sumAt), top = load(maxAt);
    for (int64_t r = first; r < last; r++) {
      const Vec w = load(scores + r * length + i) * inverse[r];
      sum += w;
      top = larger(top, w);
    }
    store(sumAt, sum);
    store(maxAt, top);
  }
}

// Ends a pool row: its sums go to the columns and, block by block, into the pool.
static void closePoolRow(const Problem &p, int64_t head, int64_t poolRow, Scratch &scratch, SegmentSums &out) {
  const int64_t block = p.poolBlock, side = p.poolSide();
  const int64_t keys = std::min(p.tokens, (poolRow + 1) * block);
  for (int64_t key = 0; key < keys; key++) out.columns[key] += scratch.poolSum[key];
  const int64_t at = head * side * (side + 1) / 2 + poolRow * (poolRow + 1) / 2;
  for (int64_t column = 0; column <= poolRow; column++) {
    float top = 0, sum = 0;
    for (int64_t key = column * block; key < std::min(keys, (column + 1) * block); key++) {
      top = std::max(top, scratch.poolMax[key]);
      sum += scratch.poolSum[key];
    }
    p.poolMax[at + column] = top;
    p.poolSum[at + column] = sum;
  }
  std::fill_n(scratch.poolSum.data(), keys, 0.0f);
  std::fill_n(scratch.poolMax.data(), keys, 0.0f);
}

static void attend(const Problem &p, const PackedGroup &packed, const Segment &segment, Scratch &scratch, SegmentSums &sums) {
  const int64_t dh = p.headDim, pad = padded(dh), width = p.heads * dh, rows = p.rows(), head = segment.head;
  const HeadMask *mask = p.masks == nullptr ? nullptr : p.masks + head;
  const bool general = mask != nullptr && mask->kind != HeadMask::kSinkWindow;
  const bool gathers = p.entropy != nullptr;
  const bool extras = p.sumSquares || p.weightedMass || p.histogram || p.targetMass || p.keptMass;
  Visible see = {0, p.window, p.window};
  if (mask != nullptr && !general) {
    see.sink = mask->first;
    see.window = std::min<int64_t>(p.window, mask->second);
  }
  const int64_t blockRows = MICRO * (p.tokens > 8192 ? 2 : 4);
  const int64_t keysPadded = (p.tokens + kPanel - 1) / kPanel * kPanel;
  if (gathers) {
    sums.columns.assign(p.tokens, 0.0f);
    if (p.histogram != nullptr) sums.histogram.assign(kHistogramBins, 0.0);
    scratch.poolSum.assign(keysPadded, 0.0f);
    scratch.poolMax.assign(keysPadded, 0.0f);
  }

  for (int64_t row = segment.rowStart; row < segment.rowEnd; row += blockRows) {
    if (__atomic_load_n(p.cancel, __ATOMIC_RELAXED) != 0) return;
    const int64_t count = std::min(blockRows, segment.rowEnd - row);
    const int64_t micro = (count + MICRO - 1) / MICRO * MICRO;
    const int64_t firstPosition = p.queryStart + row, lastPosition = firstPosition + count - 1;

    // The keys that any row sees: the sinks, and what lies in the windows.
    Ranges ranges;
    const int64_t floor = std::max<int64_t>(0, firstPosition - see.lowest + 1);
    const int64_t near = std::max(floor, firstPosition - see.window + 1);
    if (see.sink > floor) ranges.add(floor, std::min(see.sink, lastPosition + 1));
    ranges.add(near, lastPosition + 1);
    const int64_t length = ranges.length;

    scratch.scores.resize(micro * length);
    scratch.queries.assign(micro * dh, 0.0f);
    scratch.out.assign(micro * pad, 0.0f);
    scratch.inverse.assign(micro, 0.0f);
    float *scores = scratch.scores.data();
    for (int64_t r = 0; r < count; r++)
      for (int64_t d = 0; d < dh; d++) scratch.queries[r * dh + d] = p.q[(row + r) * width + head * dh + d] * p.scale;

    for (int g = 0; g < ranges.count; g++) {
      const Range &range = ranges.at[g];
      for (int64_t tile = range.panelStart; tile < range.panelEnd; tile += kKeyTile / kPanel) {
        const int64_t tileEnd = std::min(range.panelEnd, tile + kKeyTile / kPanel);
        for (int64_t m = 0; m < micro; m += MICRO) {
          const float *q = scratch.queries.data() + m * dh;
          int64_t panel = tile;
          for (; panel + PAIR <= tileEnd; panel += PAIR)
            scoreBlock<MICRO, PAIR>(q, dh, packed.k.data() + panel * dh * kPanel,
                                    scores + m * length + range.offset + (panel - range.panelStart) * kPanel, length);
          for (; panel < tileEnd; panel++)
            scoreBlock<MICRO, 1>(q, dh, packed.k.data() + panel * dh * kPanel,
                                 scores + m * length + range.offset + (panel - range.panelStart) * kPanel, length);
        }
      }
    }

    for (int64_t r = 0; r < count; r++) {
      float *s = scores + r * length;
      const int64_t position = firstPosition + r;
      const bool counts = p.counted == nullptr || p.counted[row + r] != 0;
      if (p.softcap > 0)
        for (int64_t i = 0; i < length; i += LANES) store(s + i, softcapped(load(s + i), p.softcap));
      if (general) {
        scratch.visible.resize(position + 1);
        markVisible(*mask, p.tokens, position, row + r, position + 1, scratch.visible.data());
      }
      for (int g = 0; g < ranges.count; g++) {
        hide(s, ranges.at[g], position, see, p.tokens);
        if (general) hideByMask(s, ranges.at[g], scratch.visible.data(), position + 1);
      }
      Vec top = splat(kMasked);
      IntVec topAt = IntVec{};
      IntVec at;
      for (int lane = 0; lane < LANES; lane++) at[lane] = lane;
      for (int64_t i = 0; i < length; i += LANES) {
        const Vec x = load(s + i);
        topAt = x > top ? at : topAt;
        top = larger(x, top);
        at += LANES;
      }
      float peak = kMasked;
      int64_t strongest = 0;
      for (int lane = 0; lane < LANES; lane++) {
        if (top[lane] > peak || (top[lane] == peak && topAt[lane] < strongest)) strongest = topAt[lane];
        peak = std::max(peak, top[lane]);
      }
      if (!(peak > kMasked)) {
        tellMasked(p, head, row + r, counts, sums);
        std::fill_n(s, length, 0.0f);
        continue;
      }
      double total = 0;
      if (gathers) {
        RowSums rowSums;
        int64_t strongestKey = 0;
        for (int g = 0; g < ranges.count; g++) {
          const Range &range = ranges.at[g];
          weigh(s, range, peak, position, rowSums);
          if (strongest >= range.offset && strongest < range.end())
            strongestKey = strongest + range.firstKey() - range.offset;
        }
        for (int bin = 0; bin < kDistanceBins; bin++) total += static_cast<double>(rowSums.bin[bin]) + rowSums.sinkBin[bin];
        tellRow(p, rowSums, total, head, row + r, strongestKey, counts, sums);
      } else {
        total = weighOnly(s, ranges, peak);
      }
      p.lse[head * rows + row + r] = static_cast<float>(peak + std::log(total));
      scratch.inverse[r] = static_cast<float>(1 / total);
      if (extras) gatherExtras(p, ranges, s, scratch.inverse[r], head, row + r, counts, scratch, sums);
    }
    for (int64_t r = count; r < micro; r++) std::fill_n(scores + r * length, length, 0.0f);

    for (int g = 0; g < ranges.count; g++) {
      const Range &range = ranges.at[g];
      const int64_t keys = range.end() - range.offset;
      for (int64_t tile = 0; tile < keys; tile += kKeyTile) {
        const int64_t part = std::min(kKeyTile, keys - tile);
        const float *v = packed.v.data() + (range.firstKey() + tile) * pad;
        for (int64_t m = 0; m < micro; m += MICRO) {
          const float *w = scores + m * length + range.offset + tile;
          float *out = scratch.out.data() + m * pad;
          int64_t d = 0;
          for (; d + WIDE * LANES <= pad; d += WIDE * LANES) valueBlock<MICRO, WIDE>(w, length, v + d, pad, part, out + d);
          for (; d < pad; d += LANES) valueBlock<MICRO, 1>(w, length, v + d, pad, part, out + d);
        }
      }
    }
    const float gain = p.gain[head];
    for (int64_t r = 0; r < count; r++) {
      const float inverse = scratch.inverse[r];
      for (int64_t d = 0; d < dh; d++)
        p.z[(row + r) * width + head * dh + d] = scratch.out[r * pad + d] * inverse * gain;
    }
    if (gathers) {
      for (int64_t r = 0; p.counted != nullptr && r < count; r++)
        if (p.counted[row + r] == 0) scratch.inverse[r] = 0;
      for (int64_t r = 0; r < count;) {
        const int64_t poolRow = (firstPosition + r) / p.poolBlock;
        const int64_t rowsEnd = std::min(count, (poolRow + 1) * p.poolBlock - firstPosition);
        for (int g = 0; g < ranges.count; g++)
          addColumns(ranges.at[g], scores, length, scratch.inverse.data(), r, rowsEnd, scratch);
        r = rowsEnd;
        const int64_t next = firstPosition + r;
        if (next % p.poolBlock == 0 || row + r == segment.rowEnd) closePoolRow(p, head, poolRow, scratch, sums);
      }
    }
    __atomic_fetch_add(p.cells, count * (lastPosition + 1), __ATOMIC_RELAXED);
  }
}

extern const Implementation implementation = {HEADSCOPE_NAME, pack, attend};

}  // namespace HEADSCOPE_ISA
}  // namespace headscope
