// The kernel, written once over GCC/Clang vectors and compiled once per instruction set.
// Before inclusion: HEADSCOPE_ISA (namespace), LANES (floats of a vector), MICRO (rows held in registers).
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernel.h"

namespace headscope {
namespace HEADSCOPE_ISA {

typedef float Vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t IntVec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

constexpr int64_t kVecs = kPanel / LANES;  // vectors of a panel
constexpr int64_t kKeyTile = 512;          // keys whose K, then V, stay in the cache while all rows of a block pass
constexpr int64_t kDimStretch = 32;       // dimensions that are summed in one go
constexpr float kMasked = -INFINITY;

static inline Vec load(const float *p) { return *reinterpret_cast<const Vec *>(p); }
static inline void store(float *p, Vec x) { *reinterpret_cast<Vec *>(p) = x; }
static inline Vec splat(float x) { return x - Vec{}; }

// e^x for x <= 0, within 2 ulp; 0 below -87.3, where float32 ends (and for -inf).
static inline Vec expNegative(Vec x) {
  const Vec low = splat(-87.33654f);
  IntVec tiny = x < low;
  Vec clamped = tiny ? low : x;
  Vec t = clamped * 1.44269504088896341f;
  // Rounds to nearest by adding and taking away 1.5 x 2^23.
  Vec n = (t + 12582912.0f) - 12582912.0f;
  Vec r = clamped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  Vec p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  IntVec e = (__builtin_convertvector(n, IntVec) + 127) << 23;
  Vec scaled = p * reinterpret_cast<Vec &>(e);
  return tiny ? Vec{} : scaled;
}

static inline double sumOf(Vec x) {
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += x[i];
  return sum;
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
};

struct Visible {
  int64_t sink, window;  // keys [0, sink) and (i - window, i]; layer and mask together
  int64_t lowest;        // the layer's own window: keys below i - lowest + 1 are out even for sinks
};

// Hides what the row at `position` does not see in a range.
static void hide(float *row, const Range &range, int64_t position, const Visible &see, int64_t tokens) {
  const int64_t first = range.panelStart * kPanel, last = range.panelEnd * kPanel;
  const int64_t floor = std::max<int64_t>(0, position - see.lowest + 1);
  const int64_t near = std::max(floor, position - see.window + 1);
  float *at = row + range.offset - first;
  const int64_t sinkEnd = std::max(floor, std::min(see.sink, near));
  for (int64_t key = first; key < std::min(floor, last); key++) at[key] = kMasked;
  for (int64_t key = std::max(first, sinkEnd); key < std::min(near, last); key++) at[key] = kMasked;
  for (int64_t key = std::max(first, std::min(position + 1, tokens)); key < last; key++) at[key] = kMasked;
}

static void attend(const Problem &p, const PackedGroup &packed, const Segment &segment, Scratch &scratch) {
  const int64_t dh = p.headDim, pad = padded(dh), width = p.heads * dh, rows = p.rows(), head = segment.head;
  Visible see = {0, p.window, p.window};
  if (p.sinks != nullptr) {
    see.sink = p.sinks[head];
    see.window = std::min<int64_t>(p.window, p.windows[head]);
  }
  const int64_t blockRows = MICRO * (p.tokens > 8192 ? 2 : 4);

  for (int64_t row = segment.rowStart; row < segment.rowEnd; row += blockRows) {
    if (__atomic_load_n(p.cancel, __ATOMIC_RELAXED) != 0) return;
    const int64_t count = std::min(blockRows, segment.rowEnd - row);
    const int64_t micro = (count + MICRO - 1) / MICRO * MICRO;
    const int64_t firstPosition = p.queryStart + row, lastPosition = firstPosition + count - 1;

    // The keys that any row sees: the sinks, and what lies in the windows.
    Range ranges[2];
    int rangeCount = 0;
    int64_t length = 0;
    const auto addRange = [&](int64_t from, int64_t to) {
      int64_t start = from / kPanel;
      const int64_t end = (to + kPanel - 1) / kPanel;
      if (rangeCount > 0) start = std::max(start, ranges[rangeCount - 1].panelEnd);
      if (start >= end) return;
      ranges[rangeCount++] = {start, end, length};
      length += (end - start) * kPanel;
    };
    const int64_t floor = std::max<int64_t>(0, firstPosition - see.lowest + 1);
    const int64_t near = std::max(floor, firstPosition - see.window + 1);
    if (see.sink > floor) addRange(floor, std::min(see.sink, lastPosition + 1));
    addRange(near, lastPosition + 1);

    scratch.scores.resize(micro * length);
    scratch.queries.assign(micro * dh, 0.0f);
    scratch.out.assign(micro * pad, 0.0f);
    float *scores = scratch.scores.data();
    for (int64_t r = 0; r < count; r++)
      for (int64_t d = 0; d < dh; d++) scratch.queries[r * dh + d] = p.q[(row + r) * width + head * dh + d] * p.scale;

    for (int g = 0; g < rangeCount; g++) {
      const Range &range = ranges[g];
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
      const int64_t position = firstPosition + r, at = head * rows + row + r;
      for (int g = 0; g < rangeCount; g++) hide(s, ranges[g], position, see, p.tokens);
      Vec top = splat(kMasked);
      for (int64_t i = 0; i < length; i += LANES) {
        const Vec x = load(s + i);
        top = x > top ? x : top;
      }
      float peak = kMasked;
      for (int i = 0; i < LANES; i++) peak = std::max(peak, top[i]);
      int64_t strongest = 0;
      while (strongest < length && s[strongest] != peak) strongest++;

      Vec sum = Vec{}, expected = Vec{}, far = Vec{};
      for (int g = 0; g < rangeCount; g++) {
        const Range &range = ranges[g];
        const int64_t end = range.offset + (range.panelEnd - range.panelStart) * kPanel;
        const int64_t shift = range.panelStart * kPanel - range.offset;
        if (strongest >= range.offset && strongest < end) p.rowArgmax[at] = static_cast<int32_t>(strongest + shift);
        Vec distance;
        for (int i = 0; i < LANES; i++) distance[i] = static_cast<float>(position - range.panelStart * kPanel - i);
        for (int64_t i = range.offset; i < end; i += LANES) {
          const Vec shifted = load(s + i) - peak;
          const Vec e = expNegative(shifted);
          store(s + i, e);
          sum += e;
          // Where e is 0 the shifted score may be -inf, and 0 x inf is not 0.
          expected += e > Vec{} ? e * shifted : Vec{};
          far += e * distance;
          distance -= static_cast<float>(LANES);
        }
      }
      const double total = sumOf(sum);
      const float inverse = static_cast<float>(1.0 / total);
      p.lse[at] = static_cast<float>(peak + std::log(total));
      p.entropy[at] = static_cast<float>(std::log(total) - sumOf(expected) / total);
      p.rowMax[at] = inverse;
      p.meanDistance[at] = static_cast<float>(sumOf(far) / total);
      for (int g = 0; g < rangeCount; g++) {
        const Range &range = ranges[g];
        const int64_t keys = std::min((range.panelEnd - range.panelStart) * kPanel, p.tokens - range.panelStart * kPanel);
        float *columns = segment.columns + range.panelStart * kPanel;
        float *e = s + range.offset;
        for (int64_t i = 0; i < keys; i++) {
          e[i] *= inverse;
          columns[i] += e[i];
        }
      }
    }
    for (int64_t r = count; r < micro; r++) std::fill_n(scores + r * length, length, 0.0f);

    for (int g = 0; g < rangeCount; g++) {
      const Range &range = ranges[g];
      const int64_t keys = (range.panelEnd - range.panelStart) * kPanel;
      for (int64_t tile = 0; tile < keys; tile += kKeyTile) {
        const int64_t part = std::min(kKeyTile, keys - tile);
        const float *v = packed.v.data() + (range.panelStart * kPanel + tile) * pad;
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
    for (int64_t r = 0; r < count; r++)
      for (int64_t d = 0; d < dh; d++) p.z[(row + r) * width + head * dh + d] = scratch.out[r * pad + d] * gain;
    __atomic_fetch_add(p.cells, count * (lastPosition + 1), __ATOMIC_RELAXED);
  }
}

extern const Implementation implementation = {HEADSCOPE_NAME, pack, attend};

}  // namespace HEADSCOPE_ISA
}  // namespace headscope
