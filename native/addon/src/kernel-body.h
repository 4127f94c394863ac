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
constexpr int64_t kDimStretch = 32;        // dimensions that are summed in one go
constexpr float kMasked = -INFINITY;
constexpr float kSmallestLog = -87.33654f;  // of the smallest normal float32
constexpr float kLog2e = 1.44269504088896341f;

static inline Vec load(const float *p) { return *reinterpret_cast<const Vec *>(p); }
static inline void store(float *p, Vec x) { *reinterpret_cast<Vec *>(p) = x; }
static inline Vec splat(float x) { return x - Vec{}; }
static inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }

// e^x for x < 88, within 2 ulp where e^x counts; 0 below -87.3, where float32 ends (and for -inf).
static inline Vec expOf(Vec x) {
  const Vec low = splat(kSmallestLog);
  const IntVec tiny = x < low;
  // Written so that NaN stays NaN.
  const Vec clamped = (low > x ? low : x) * kLog2e;
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
  const Vec e = expOf(size * (-2.0f / cap));
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

// The keys that some row of a block sees, cut into tiles.
struct Tiles : std::vector<Range> {
  int64_t length = 0;

  void add(int64_t from, int64_t to) {
    int64_t start = from / kPanel;
    const int64_t end = (to + kPanel - 1) / kPanel;
    if (!empty()) start = std::max(start, back().panelEnd);
    for (; start < end; start += kKeyTile / kPanel) {
      push_back({start, std::min(end, start + kKeyTile / kPanel), length});
      length += (back().panelEnd - start) * kPanel;
    }
  }
};

// Panels that nobody looks at between two that somebody does: of so few, computing them is cheaper than another tile.
constexpr int64_t kGapPanels = 2;

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

// Sums over some keys of one row, in units of the row's largest weight.
struct KeySums {
  float bin[kDistanceBins] = {};
  double logSum = 0, farSum = 0;  // of weight x log weight, and weight x distance

  // To weights that are smaller by e^-rise.
  void rescale(double scale, double rise) {
    double all = 0;
    for (int i = 0; i < kDistanceBins; i++) {
      all += bin[i];
      bin[i] = static_cast<float>(bin[i] * scale);
    }
    logSum = scale * (logSum - rise * all);
    farSum *= scale;
  }

  void add(float e, float shifted, int64_t distance) {
    bin[distanceBin(distance)] += e;
    logSum += static_cast<double>(e) * shifted;
    farSum += static_cast<double>(e) * static_cast<double>(distance);
  }
};

// Every key is either in `rest`, or in `first` (those of kFirstKeys), or in `named` (the sink keys past them). Those of
// `first` that are no sink keys are in `kept` as well, so that the sums of the others do not depend on what is asked for.
struct RowSums {
  KeySums rest, first, named, kept;

  void rescale(double scale, double rise, bool hasSinks) {
    rest.rescale(scale, rise);
    first.rescale(scale, rise);
    if (!hasSinks) return;
    named.rescale(scale, rise);
    kept.rescale(scale, rise);
  }

  void clear(bool hasSinks) {
    rest = first = KeySums{};
    if (hasSinks) named = kept = KeySums{};
  }

  void addApart(const ApartKey &key, float e, float shifted, int64_t distance) {
    if (!(e > 0)) return;
    (key.isFirst ? first : named).add(e, shifted, distance);
    if (key.isKept) kept.add(e, shifted, distance);
  }
};

// Turns the scores of a row into weights relative to `peak`, and sums them up by distance.
static void weigh(const Problem &p, float *s, const Range &range, float peak, int64_t position, RowSums &sums) {
  const int64_t shift = range.firstKey() - range.offset, end = range.end();
  Vec logSum = Vec{}, farSum = Vec{}, distance;
  for (int lane = 0; lane < LANES; lane++) distance[lane] = static_cast<float>(position - range.firstKey() - lane);
  const ApartKey *const apartEnd = p.apart + p.apartCount;
  const ApartKey *apart = std::lower_bound(p.apart, apartEnd, range.firstKey(),
                                           [](const ApartKey &one, int64_t first) { return one.key < first; });
  const auto next = [&](int64_t i, bool hasApart) {
    const Vec shifted = load(s + i) - peak;
    Vec e = expOf(shifted);
    store(s + i, e);
    for (; hasApart && apart < apartEnd && apart->key < i + shift + LANES; apart++) {
      const int64_t lane = apart->key - i - shift;
      sums.addApart(*apart, e[lane], shifted[lane], position - apart->key);
      e[lane] = 0;
    }
    // Where e is 0 the shifted score may be -inf, and 0 x inf is not 0.
    logSum += e * larger(shifted, splat(kSmallestLog));
    farSum += e * distance;
    distance -= static_cast<float>(LANES);
    return e;
  };
  for (int64_t i = range.offset; i < end;) {
    const int64_t far = position - i - shift, near = far - LANES + 1;
    const Vec before = distance;
    const Vec e = next(i, true);
    i += LANES;
    if (near < LANES) {
      // Here bins are narrower than a vector.
      float lanes[LANES];
      std::memcpy(lanes, &e, sizeof lanes);
      for (int64_t lane = 0; lane <= std::min<int64_t>(far, LANES - 1); lane++) sums.rest.bin[distanceBin(far - lane)] += lanes[lane];
      continue;
    }
    // At most one edge of a bin runs through a vector.
    const int bin = distanceBin(far);
    const int64_t nearest = int64_t{1} << (bin - 1);
    if (near < nearest) {
      const Vec farther = before >= static_cast<float>(nearest) ? e : Vec{};
      sums.rest.bin[bin] += sumOf(farther);
      sums.rest.bin[bin - 1] += sumOf(e - farther);
      continue;
    }
    int64_t stop = std::min(end, i + (near - nearest) / LANES * LANES);
    if (apart < apartEnd) stop = std::min(stop, i + (apart->key - shift - i) / LANES * LANES);
    Vec sum = e;
    for (; i < stop; i += LANES) sum += next(i, false);
    sums.rest.bin[bin] += sumOf(sum);
  }
  sums.rest.logSum += sumOf(logSum);
  sums.rest.farSum += sumOf(farSum);
}

// The weights alone, for callers who want no statistics. Returns their sum.
static double weighOnly(float *s, const Range &range, float peak) {
  Vec sum = Vec{};
  for (int64_t i = range.offset; i < range.end(); i += LANES) {
    const Vec e = expOf(load(s + i) - peak);
    store(s + i, e);
    sum += e;
  }
  return sumOf(sum);
}

// The largest of a range, and the key that holds it first.
static float largestOf(const float *s, const Range &range) {
  Vec top = splat(kMasked);
  for (int64_t i = range.offset; i < range.end(); i += LANES) top = larger(load(s + i), top);
  float lane[LANES];
  std::memcpy(lane, &top, sizeof lane);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lane[i] = std::max(lane[i], lane[i + width]);
  return lane[0];
}

// Whether every lane of a comparison holds.
static inline bool allOf(IntVec holds) {
  uint64_t part[LANES / 2], all = ~uint64_t{0};
  std::memcpy(part, &holds, sizeof part);
  for (uint64_t bits : part) all &= bits;
  return all == ~uint64_t{0};
}

static int64_t firstKeyWith(const float *s, const Range &range, float value) {
  int64_t i = range.offset;
  while (allOf(load(s + i) != value)) i += LANES;
  while (s[i] != value) i++;
  return i - range.offset + range.firstKey();
}

// Sum of visit(key, p) over the keys before `end`; visit takes a number or a vector.
template <typename Visit>
static double sumOver(const Tiles &tiles, const float *s, const float *factors, int64_t end, const Visit &visit) {
  double total = 0;
  for (size_t t = 0; t < tiles.size(); t++) {
    const Range &range = tiles[t];
    const int64_t last = std::min(range.lastKey(), end);
    const float *weights = s + range.offset - range.firstKey();
    const float factor = factors[t];
    Vec sum = Vec{};
    int64_t key = range.firstKey();
    for (; key + LANES <= last; key += LANES) sum += visit(key, load(weights + key) * factor);
    total += sumOf(sum);
    for (; key < last; key++) total += visit(key, weights[key] * factor);
  }
  return total;
}

// The bins of a row's weights are cut into stretches, which are summed up side by side: one number for each.
typedef int64_t Stretches __attribute__((vector_size(LANES * 4), aligned(8), may_alias));
constexpr int kStretches = LANES / 2;
constexpr int kStretchBins = kSpreadBins / kStretches;

// Where bins lie: those at the same place of all stretches side by side.
static inline IntVec placeOf(IntVec bin) {
  constexpr int32_t kInverse = (1 << 16) / kStretchBins + 1;
  return bin * kStretches - (bin * kInverse >> 16) * (kSpreadBins - 1);
}

// Gini coefficient and width of the largest weights of a row that sees `visible` keys, in time that grows with the keys:
// weights are sorted into bins, and those of one bin taken for equal.
static void tellSpread(const Problem &p, const Tiles &tiles, const float *s, const float *factors, int64_t position,
                       int64_t visible, int64_t at, Spread &spread) {
  constexpr int kShift = 19;                      // of float32's bits: the exponent and four bits of the fraction stay
  constexpr int32_t kOne = 0x3f800000 >> kShift;  // of p = 1
  constexpr float kUnits = 1 << 30;               // of mass in p = 1
  // The smallest weight in the last bin.
  const Vec smallest = splat(std::ldexp(1.0f + 1.0f / 16, -kSpreadBins / 16));
  IntVec aside;
  for (int lane = 0; lane < LANES; lane++) aside[lane] = kSpreadBins + lane / kSpreadSets;
  double rest = 0;
  for (size_t t = 0; t < tiles.size(); t++) {
    const Range &range = tiles[t];
    const float *weights = s + range.offset - range.firstKey();
    const float factor = factors[t];
    Vec tiny = Vec{};
    int64_t count = 0;
    // Keys past the row's own position hold 0.
    for (int64_t key = range.firstKey(); key < std::min(range.lastKey(), position + 1); key += LANES, count += LANES) {
      const Vec w = load(weights + key) * factor;
      const IntVec isTiny = w < smallest;
      tiny += isTiny ? w : Vec{};
      const IntVec bin = kOne - (reinterpret_cast<const IntVec &>(w) >> kShift);
      const IntVec place = isTiny ? aside : placeOf(bin < 0 ? IntVec{} : bin);
      const IntVec mass = __builtin_convertvector(w * kUnits + 0.5f, IntVec);
      std::memcpy(spread.places + count, &place, sizeof place);
      std::memcpy(spread.masses + count, &mass, sizeof mass);
    }
    // In a pass of its own: numbers out of memory come faster than out of vectors.
    for (int64_t i = 0; i < count; i += kSpreadSets)
      for (int set = 0; set < kSpreadSets; set++)
        spread.bins[set][spread.places[i + set]] += (int64_t{1} << 32) + spread.masses[i + set];
    rest += sumOf(tiny);
  }
  const auto ofStretches = [&](int set, int step) -> Stretches & {
    return *reinterpret_cast<Stretches *>(spread.bins[set] + step * kStretches);
  };
  Stretches counts = Stretches{}, masses = Stretches{}, areas = Stretches{};
  for (int step = 0; step < kStretchBins; step++) {
    Stretches sum = ofStretches(0, step);
    for (int set = 1; set < kSpreadSets; set++) {
      sum += ofStretches(set, step);
      ofStretches(set, step) = Stretches{};
    }
    ofStretches(0, step) = sum;
    const Stretches count = sum >> 32, mass = sum & 0xffffffff;
    // Of the ranks of equal weights, ascending from 1, the sum of 2 rank - n - 1 is this times their number.
    areas += mass * (visible - 2 * counts - count);
    counts += count;
    masses += mass;
  }
  int64_t above = 0, binned = 0, area = 0;
  for (int stretch = 0; stretch < kStretches; stretch++) {
    area += areas[stretch] - 2 * masses[stretch] * above;
    above += counts[stretch];
    binned += masses[stretch];
  }
  const auto left = static_cast<int64_t>(rest * kUnits + 0.5);
  const double total = static_cast<double>(binned + left), wanted = p.topP * total * (1 - 1e-6);
  area -= left * above;
  const auto few = static_cast<double>(visible - above);
  double width = -1;
  int64_t covered = 0, wider = 0;
  for (int stretch = 0; stretch < kStretches && width < 0; stretch++) {
    const bool within = static_cast<double>(covered + masses[stretch]) >= wanted;
    for (int step = 0; within && step < kStretchBins; step++) {
      const int64_t bin = spread.bins[0][step * kStretches + stretch], count = bin >> 32, mass = bin & 0xffffffff;
      if (mass > 0 && static_cast<double>(covered + mass) >= wanted) {
        const double share = (p.topP * total - static_cast<double>(covered)) / static_cast<double>(mass);
        width = static_cast<double>(wider) + std::clamp(std::ceil(share * static_cast<double>(count) - 1e-4), 1.0, static_cast<double>(count));
        break;
      }
      covered += mass;
      wider += count;
    }
    if (within) continue;
    covered += masses[stretch];
    wider += counts[stretch];
  }
  if (width < 0)
    width = static_cast<double>(above) +
            (left > 0 ? std::clamp(std::ceil((p.topP * total - static_cast<double>(binned)) / static_cast<double>(left) * few), 0.0, few) : 0);
  std::fill_n(spread.bins[0], kSpreadBins, 0);
  for (auto &set : spread.bins) std::fill_n(set + kSpreadBins, kSpreadAside, 0);
  p.topWidth[at] = static_cast<float>(width);
  // The largest that n weights can have is 1 - 1 / n.
  p.gini[at] = visible > 1 ? static_cast<float>(std::clamp(static_cast<double>(area) / (total * static_cast<double>(visible - 1)), 0.0, 1.0)) : 0.0f;
}

// What was asked for beyond the default statistics; reads the weights of one row.
static void gatherExtras(const Problem &p, const Tiles &tiles, const float *s, const float *factors, int64_t head,
                         int64_t row, bool counts, int64_t visible, Scratch &scratch, SegmentSums &out) {
  const int64_t at = head * p.rows() + row, position = p.queryStart + row;
  const auto each = [&](const auto &visit) {
    for (size_t t = 0; t < tiles.size(); t++) {
      const Range &range = tiles[t];
      const int64_t last = std::min(range.lastKey(), position + 1);
      const float *weights = s + range.offset - range.firstKey();
      for (int64_t key = range.firstKey(); key < last; key++) visit(key, weights[key] * factors[t]);
    }
  };
  if (p.sumSquares != nullptr)
    p.sumSquares[at] = static_cast<float>(sumOver(tiles, s, factors, position + 1, [](int64_t, auto w) { return w * w; }));
  if (p.weightedMass != nullptr) {
    const float *weights = p.keyWeights + head * p.tokens;
    const auto weighted = [&](int64_t key, auto w) {
      if constexpr (sizeof w == sizeof(float)) return w * weights[key];
      else return w * load(weights + key);
    };
    p.weightedMass[at] = static_cast<float>(sumOver(tiles, s, factors, position + 1, weighted));
  }
  for (int64_t i = 0; i < p.matchCount; i++) {
    const KeyMatch &match = p.matches[i];
    const int32_t wanted = match.rows[row];
    const auto matching = [&](int64_t key, auto w) {
      if constexpr (sizeof w == sizeof(float)) return match.keys[key] == wanted ? w : 0.0f;
      else return *reinterpret_cast<const IntVec *>(match.keys + key) == wanted ? w : Vec{};
    };
    match.mass[at] = static_cast<float>(sumOver(tiles, s, factors, match.self ? position + 1 : position, matching));
  }
  if (p.gini != nullptr) tellSpread(p, tiles, s, factors, position, visible, at, scratch.spread);
  if (p.histogram != nullptr && counts) {
    each([&](int64_t, float w) {
      if (w > 0) out.histogram[std::clamp(static_cast<int>(-4.0f * std::log2(w)), 0, kHistogramBins - 1)] += 1;
    });
  }
  if (p.targetMass != nullptr) {
    double sum = 0;
    for (int32_t i = p.targetOffsets[row]; i < p.targetOffsets[row + 1]; i++) {
      const int64_t key = p.targetKeys[i];
      for (size_t t = 0; t < tiles.size() && key >= 0 && key <= position; t++)
        if (key >= tiles[t].firstKey() && key < tiles[t].lastKey())
          sum += static_cast<double>(s[tiles[t].offset + key - tiles[t].firstKey()]) * factors[t];
    }
    p.targetMass[at] = static_cast<float>(sum);
  }
  if (p.keptMass != nullptr) {
    scratch.kept.resize(position + 1);
    markVisible(p.keptMasks[head], p.tokens, position, row, position + 1, scratch.kept.data());
    double sum = 0;
    each([&](int64_t key, float w) { sum += scratch.kept[key] ? w : 0; });
    p.keptMass[at] = static_cast<float>(sum);
  }
}

// Everything about a row that its sums tell. Returns its total.
static double tellRow(const Problem &p, const RowSums &sums, float peak, int64_t head, int64_t row, int64_t strongest,
                      bool counts, SegmentSums &out) {
  const int64_t rows = p.rows(), at = head * rows + row;
  // Bins past the row's own position are empty. Running sums at the local widths' edges are the local masses.
  const int bins = distanceBin(p.queryStart + row) + 1;
  const bool hasSinks = p.restMass != nullptr;
  double rest = 0, first = 0, named = 0, kept = 0, local[kLocalWidths], restLocal[kLocalWidths];
  for (int bin = 0, w = 0; w < kLocalWidths || bin < bins; bin++) {
    if (w < kLocalWidths && bin == kLocalBins[w]) local[w] = rest + first + named, restLocal[w] = rest + kept, w++;
    if (bin >= bins) continue;
    rest += sums.rest.bin[bin], first += sums.first.bin[bin];
    if (hasSinks) named += sums.named.bin[bin], kept += sums.kept.bin[bin];
  }
  const double total = rest + first + named, inverse = 1 / total, logTotal = std::log(total);
  if (counts)
    for (int bin = 0; bin < bins; bin++)
      out.distance[bin] += (static_cast<double>(sums.rest.bin[bin]) + sums.first.bin[bin] + sums.named.bin[bin]) * inverse;
  p.lse[at] = static_cast<float>(peak + logTotal);
  // H = log total - E[log weight], each relative to the row's largest.
  const double logSum = sums.rest.logSum + sums.first.logSum + sums.named.logSum;
  p.entropy[at] = static_cast<float>(std::max(0.0, logTotal - logSum * inverse));
  p.rowMax[at] = static_cast<float>(inverse);
  p.rowArgmax[at] = static_cast<int32_t>(strongest);
  p.meanDistance[at] = static_cast<float>((sums.rest.farSum + sums.first.farSum + sums.named.farSum) * inverse);
  p.sinkMass[at] = static_cast<float>(first * inverse);
  for (int w = 0; w < kLocalWidths; w++)
    p.localMass[(head * kLocalWidths + w) * rows + row] = static_cast<float>(local[w] * inverse);
  if (!hasSinks) return total;
  const double left = rest + kept, safe = left > 0 ? left : 1;
  p.restMass[at] = static_cast<float>(left * inverse);
  p.restEntropy[at] =
      left > 0 ? static_cast<float>(std::max(0.0, std::log(left) - (sums.rest.logSum + sums.kept.logSum) / left)) : 0;
  p.restMeanDistance[at] = static_cast<float>((sums.rest.farSum + sums.kept.farSum) / safe);
  for (int w = 0; w < kLocalWidths; w++)
    p.restLocalMass[(head * kLocalWidths + w) * rows + row] = static_cast<float>(restLocal[w] / safe);
  return total;
}

// A row that sees nothing.
static void tellMasked(const Problem &p, int64_t head, int64_t row, bool counts, SegmentSums &out) {
  const int64_t rows = p.rows(), at = head * rows + row;
  p.lse[at] = kMasked;
  if (counts) out.maskedRows += 1;
  if (p.entropy == nullptr) return;
  for (float *part : {p.entropy, p.rowMax, p.meanDistance, p.sinkMass, p.sumSquares, p.restMass, p.restEntropy,
                      p.restMeanDistance, p.targetMass, p.weightedMass, p.keptMass, p.gini, p.topWidth})
    if (part != nullptr) part[at] = 0;
  for (int64_t i = 0; i < p.matchCount; i++) p.matches[i].mass[at] = 0;
  p.rowArgmax[at] = -1;
  for (float *part : {p.localMass, p.restLocalMass})
    for (int w = 0; part != nullptr && w < kLocalWidths; w++) part[(head * kLocalWidths + w) * rows + row] = 0;
}

// Columns and pool of the rows [first, last) of a block, all of one pool row. `factors` is [rows, tiles].
static void addColumns(const Tiles &tiles, const float *scores, int64_t stride, const float *factors, int64_t first,
                       int64_t last, Scratch &scratch) {
  for (size_t t = 0; t < tiles.size(); t++) {
    const int64_t shift = tiles[t].firstKey() - tiles[t].offset;
    for (int64_t i = tiles[t].offset; i < tiles[t].end(); i += LANES) {
      float *sumAt = scratch.poolSum.data() + i + shift, *maxAt = scratch.poolMax.data() + i + shift;
      Vec sum = load(sumAt), top = load(maxAt);
      for (int64_t r = first; r < last; r++) {
        const Vec w = load(scores + r * stride + i) * factors[r * static_cast<int64_t>(tiles.size()) + static_cast<int64_t>(t)];
        sum += w;
        top = larger(top, w);
      }
      store(sumAt, sum);
      store(maxAt, top);
    }
  }
}

// Ends a pool row: its sums go to the columns and, block by block, into the pool.
static void closePoolRow(const Problem &p, int64_t head, int64_t poolRow, Scratch &scratch, SegmentSums &out) {
  const int64_t block = p.poolBlock, side = p.poolSide();
  const int64_t keys = std::min(p.tokens, (poolRow + 1) * block);
  for (int64_t key = 0; key < std::min<int64_t>(keys, static_cast<int64_t>(out.columns.size())); key++)
    out.columns[key] += scratch.poolSum[key];
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

// What is known of one row while its tiles pass.
struct RowState {
  float peak = kMasked;
  int64_t strongest = -1;
  double total = 0;  // where no statistics are wanted
  bool broken = false;
};

// The rows of one block of a head, and where they look.
struct Block {
  int64_t row, count, firstPosition;
  Tiles tiles;
  int64_t stride;  // of a row of the scores
};

// Whether the row at `position`, which is row `r` of its block, sees a key.
static bool isVisible(const Problem &p, const Visible &see, bool general, int64_t position, int64_t key,
                      const Scratch &scratch, int64_t r) {
  if (key > position || key >= p.tokens || position - key >= see.lowest) return false;
  if (general) return scratch.visible[r * scratch.visibleStride + key] != 0;
  return key < see.sink || position - key < see.window;
}

// Tiles of the panels with a key that some row of a block sees, of the keys [from, firstPosition + count).
static void addSeen(Scratch &scratch, int64_t from, int64_t firstPosition, int64_t count, Tiles &tiles) {
  const int64_t panels = (firstPosition + count + kPanel - 1) / kPanel;
  scratch.seen.assign(panels * kPanel, 0);
  uint8_t *seen = scratch.seen.data();
  for (int64_t r = 0; r < count; r++) {
    const uint8_t *visible = scratch.visible.data() + r * scratch.visibleStride;
    for (int64_t key = from; key <= firstPosition + r; key++) seen[key] |= visible[key];
  }
  int64_t start = -1, end = -1;
  for (int64_t panel = from / kPanel; panel < panels; panel++) {
    uint8_t any = 0;
    for (int64_t i = 0; i < kPanel; i++) any |= seen[panel * kPanel + i];
    if (any == 0) continue;
    if (start >= 0 && panel - end > kGapPanels) {
      tiles.add(start * kPanel, end * kPanel);
      start = -1;
    }
    if (start < 0) start = panel;
    end = panel + 1;
  }
  if (start >= 0) tiles.add(start * kPanel, end * kPanel);
}

// How many keys a row sees.
static int64_t visibleKeys(const Problem &p, const Visible &see, bool general, int64_t position, const Scratch &scratch,
                           int64_t r) {
  const int64_t floor = std::max<int64_t>(0, position - see.lowest + 1);
  if (general) {
    const uint8_t *visible = scratch.visible.data() + r * scratch.visibleStride;
    return std::count_if(visible + floor, visible + position + 1, [](uint8_t seen) { return seen != 0; });
  }
  const int64_t near = std::max(floor, position - see.window + 1);
  return position + 1 - near + std::max<int64_t>(0, std::min(see.sink, near) - floor);
}

// Scores, weights and output of MICRO rows against one tile of keys, all while they are in the nearest cache. `keeps`:
// whether statistics are wanted, which need the weights afterwards, and the sums of each row.
static void passTile(const Problem &p, const PackedGroup &packed, const Block &block, size_t t, int64_t m, const Visible &see,
                     bool general, bool keeps, Scratch &scratch, RowState *states, RowSums *sums) {
  const int64_t dh = p.headDim, pad = padded(dh), tileCount = static_cast<int64_t>(block.tiles.size());
  const int64_t rows = std::min<int64_t>(MICRO, block.count - m), last = block.firstPosition + m + rows - 1;
  const Range &whole = block.tiles[t];
  Range tile = {whole.panelStart, std::min(whole.panelEnd, last / kPanel + 1), keeps ? whole.offset : 0};
  float *scores = scratch.scores.data() + (keeps ? m * block.stride : 0);
  float *refs = scratch.refs.data() + m * tileCount + static_cast<int64_t>(t);
  if (tile.panelEnd < tile.panelStart) tile.panelEnd = tile.panelStart;
  // What no row of these sees.
  for (int64_t r = 0; keeps && r < rows; r++)
    std::fill(scores + r * block.stride + tile.end(), scores + r * block.stride + whole.end(), 0.0f);
  if (tile.panelEnd == tile.panelStart) {
    for (int64_t r = 0; r < rows; r++) refs[r * tileCount] = kMasked;
    return;
  }

  const float *q = scratch.queries.data() + m * dh;
  int64_t panel = tile.panelStart;
  const auto at = [&](int64_t of) { return scores + tile.offset + (of - tile.panelStart) * kPanel; };
  for (; panel + PAIR <= tile.panelEnd; panel += PAIR)
    scoreBlock<MICRO, PAIR>(q, dh, packed.k.data() + panel * dh * kPanel, at(panel), block.stride);
  for (; panel < tile.panelEnd; panel++)
    scoreBlock<MICRO, 1>(q, dh, packed.k.data() + panel * dh * kPanel, at(panel), block.stride);

  for (int64_t r = 0; r < rows; r++) {
    float *s = scores + r * block.stride, *out = scratch.out.data() + (m + r) * pad;
    const int64_t position = block.firstPosition + m + r;
    RowState &state = states[m + r];
    if (p.softcap > 0)
      for (int64_t i = tile.offset; i < tile.end(); i += LANES) store(s + i, softcapped(load(s + i), p.softcap));
    hide(s, tile, position, see, p.tokens);
    if (general) hideByMask(s, tile, scratch.visible.data() + (m + r) * scratch.visibleStride, position + 1);
    const float top = largestOf(s, tile);
    if (top > state.peak) {
      const double scale = std::exp(static_cast<double>(state.peak) - top);
      if (keeps && scale > 0) sums[m + r].rescale(scale, static_cast<double>(top) - state.peak, p.restMass != nullptr);
      else if (keeps) sums[m + r].clear(p.restMass != nullptr);
      state.total *= scale;
      const Vec factor = splat(static_cast<float>(scale));
      for (int64_t d = 0; p.z != nullptr && d < pad; d += LANES) store(out + d, load(out + d) * factor);
      state.peak = top;
      state.strongest = firstKeyWith(s, tile, top);
    }
    refs[r * tileCount] = state.peak;
    if (!(state.peak > kMasked)) {
      // Nothing here is a number that counts, which is not yet a row that sees nothing.
      for (int64_t i = tile.offset; i < tile.end(); i++) {
        const int64_t key = i - tile.offset + tile.firstKey();
        const bool masked = s[i] == kMasked && !isVisible(p, see, general, position, key, scratch, m + r);
        state.broken |= !masked;
      }
      std::fill(s + tile.offset, s + tile.end(), 0.0f);
    } else if (keeps) weigh(p, s, tile, state.peak, position, sums[m + r]);
    else state.total += weighOnly(s, tile, state.peak);
  }
  if (p.z == nullptr) return;
  for (int64_t r = rows; r < MICRO; r++) std::fill_n(scores + r * block.stride + tile.offset, tile.end() - tile.offset, 0.0f);

  const int64_t keys = tile.end() - tile.offset;
  const float *v = packed.v.data() + tile.firstKey() * pad, *w = scores + tile.offset;
  float *out = scratch.out.data() + m * pad;
  int64_t d = 0;
  for (; d + WIDE * LANES <= pad; d += WIDE * LANES) valueBlock<MICRO, WIDE>(w, block.stride, v + d, pad, keys, out + d);
  for (; d + 2 * LANES <= pad; d += 2 * LANES) valueBlock<MICRO, 2>(w, block.stride, v + d, pad, keys, out + d);
  for (; d < pad; d += LANES) valueBlock<MICRO, 1>(w, block.stride, v + d, pad, keys, out + d);
}

static void attend(const Problem &p, const PackedGroup &packed, const Segment &segment, Scratch &scratch, SegmentSums &sums) {
  const int64_t dh = p.headDim, pad = padded(dh), width = p.heads * dh, rows = p.rows(), head = segment.head;
  const HeadMask *mask = p.masks == nullptr ? nullptr : p.masks + head;
  const bool general = mask != nullptr && mask->kind != HeadMask::kSinkWindow;
  const bool gathers = p.entropy != nullptr, pools = p.columnSum != nullptr;
  const bool extras =
      p.sumSquares || p.weightedMass || p.histogram || p.gini || p.matchCount > 0 || p.targetMass || p.keptMass;
  Visible see = {0, p.window, p.window};
  if (mask != nullptr && !general) {
    see.sink = mask->first;
    see.window = std::min<int64_t>(p.window, mask->second);
  }
  const int64_t blockRows = MICRO * 4;
  const int64_t keysPadded = (p.tokens + kPanel - 1) / kPanel * kPanel;
  std::vector<RowSums> rowSums(gathers ? blockRows : 0);
  if (gathers) {
    // Keys after the last row are in its future.
    if (p.histogram != nullptr) sums.histogram.assign(kHistogramBins, 0.0);
    if (pools) {
      sums.columns.assign(p.queryStart + segment.rowEnd, 0.0f);
      scratch.poolSum.assign(keysPadded, 0.0f);
      scratch.poolMax.assign(keysPadded, 0.0f);
    }
  }

  for (int64_t row = segment.rowStart; row < segment.rowEnd; row += blockRows) {
    if (__atomic_load_n(p.cancel, __ATOMIC_RELAXED) != 0) return;
    Block block{row, std::min(blockRows, segment.rowEnd - row), p.queryStart + row, {}, kKeyTile};
    const int64_t count = block.count, firstPosition = block.firstPosition, lastPosition = firstPosition + count - 1;
    // The keys that any row sees: those that the mask names, or the sinks and what lies in the windows.
    const int64_t floor = std::max<int64_t>(0, firstPosition - see.lowest + 1);
    if (general) {
      scratch.visibleStride = lastPosition + 1;
      scratch.visible.resize(count * scratch.visibleStride);
      for (int64_t r = 0; r < count; r++)
        markVisible(*mask, p.tokens, firstPosition + r, row + r, firstPosition + r + 1,
                    scratch.visible.data() + r * scratch.visibleStride);
      addSeen(scratch, floor, firstPosition, count, block.tiles);
    } else {
      const int64_t near = std::max(floor, firstPosition - see.window + 1);
      if (see.sink > floor) block.tiles.add(floor, std::min(see.sink, lastPosition + 1));
      block.tiles.add(near, lastPosition + 1);
    }
    const Tiles &tiles = block.tiles;
    const int64_t tileCount = static_cast<int64_t>(tiles.size());
    const int64_t micro = (count + MICRO - 1) / MICRO * MICRO;
    // Rows whose distance is a power of two would fight for the same lines of the cache.
    if (gathers) block.stride = tiles.length + (tiles.length / kPanel % 2 == 0 ? kPanel : 0);

    scratch.scores.resize((gathers ? micro : MICRO) * block.stride);
    scratch.queries.assign(micro * dh, 0.0f);
    scratch.out.assign(micro * pad, 0.0f);
    scratch.refs.resize(micro * tileCount);
    for (int64_t r = 0; r < count; r++)
      for (int64_t d = 0; d < dh; d++) scratch.queries[r * dh + d] = p.q[(row + r) * width + head * dh + d] * p.scale;

    RowState states[MICRO * 4];
    for (RowSums &one : rowSums) one.clear(p.restMass != nullptr);
    for (size_t t = 0; t < tiles.size(); t++)
      for (int64_t m = 0; m < count; m += MICRO) passTile(p, packed, block, t, m, see, general, gathers, scratch, states, rowSums.data());

    const float gain = p.gain[head];
    for (int64_t r = 0; r < count; r++) {
      const RowState &state = states[r];
      const bool counts = p.counted == nullptr || p.counted[row + r] != 0;
      float *factors = scratch.refs.data() + r * tileCount;
      float *z = p.z == nullptr ? nullptr : p.z + (row + r) * width + head * dh;
      if (state.broken || !(state.peak > kMasked)) {
        tellMasked(p, head, row + r, counts && !state.broken, sums);
        if (z != nullptr) std::fill_n(z, dh, state.broken ? NAN : 0.0f);
        if (state.broken) p.lse[head * rows + row + r] = NAN;
        std::fill_n(factors, tileCount, 0.0f);
        continue;
      }
      const double total = gathers ? tellRow(p, rowSums[r], state.peak, head, row + r, state.strongest, counts, sums) : state.total;
      const float inverse = static_cast<float>(1 / total);
      for (int64_t d = 0; z != nullptr && d < dh; d++) z[d] = scratch.out[r * pad + d] * inverse * gain;
      if (!gathers) {
        p.lse[head * rows + row + r] = static_cast<float>(state.peak + std::log(total));
        continue;
      }
      for (int64_t t = 0; t < tileCount; t++) {
        if (factors[t] == state.peak) factors[t] = inverse;
        else factors[t] = factors[t] > kMasked ? static_cast<float>(std::exp(static_cast<double>(factors[t]) - state.peak) / total) : 0;
      }
      if (extras)
        gatherExtras(p, tiles, scratch.scores.data() + r * block.stride, factors, head, row + r, counts,
                     visibleKeys(p, see, general, firstPosition + r, scratch, r), scratch, sums);
      if (!counts) std::fill_n(factors, tileCount, 0.0f);
    }
    for (int64_t r = 0; pools && r < count;) {
      const int64_t poolRow = (firstPosition + r) / p.poolBlock;
      const int64_t rowsEnd = std::min(count, (poolRow + 1) * p.poolBlock - firstPosition);
      addColumns(tiles, scratch.scores.data(), block.stride, scratch.refs.data(), r, rowsEnd, scratch);
      r = rowsEnd;
      if ((firstPosition + r) % p.poolBlock == 0 || row + r == segment.rowEnd) closePoolRow(p, head, poolRow, scratch, sums);
    }
    __atomic_fetch_add(p.cells, count * (lastPosition + 1), __ATOMIC_RELAXED);
  }
}

}  // namespace HEADSCOPE_ISA
}  // namespace headscope

#include "tile-body.h"

namespace headscope {
namespace HEADSCOPE_ISA {

extern const Implementation implementation = {HEADSCOPE_NAME, pack, attend, packKeys, tileRows};

}  // namespace HEADSCOPE_ISA
}  // namespace headscope
