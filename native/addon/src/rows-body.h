// Rows in float64, written once over GCC/Clang vectors and compiled once per instruction set, without contraction: each
// product and each sum is rounded by itself.
// Before inclusion: HEADSCOPE_ISA (namespace), HEADSCOPE_NAME, DOUBLES (of a vector), ROWS (queries held in registers).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "rows.h"

namespace headscope {
namespace HEADSCOPE_ISA {

typedef double Doubles __attribute__((vector_size(DOUBLES * 8), aligned(8), may_alias));
typedef int64_t Longs __attribute__((vector_size(DOUBLES * 8), aligned(8), may_alias));
typedef float Floats __attribute__((vector_size(DOUBLES * 4), aligned(4), may_alias));
typedef int32_t Ints __attribute__((vector_size(DOUBLES * 4), aligned(4), may_alias));

constexpr int64_t kKeys = 16;  // of a panel
constexpr int64_t kParts = kKeys / DOUBLES;
constexpr int64_t kBlock = 4;  // queries whose sums, each in the order of its keys, run side by side
constexpr double kNothing = -INFINITY;

static inline Doubles loadDoubles(const double *p) { return *reinterpret_cast<const Doubles *>(p); }
static inline void storeDoubles(double *p, Doubles x) { *reinterpret_cast<Doubles *>(p) = x; }
static inline Doubles all(double x) { return x - Doubles{}; }

static inline double ofBits(uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// fdlibm's e^x for x <= 0, its cases side by side. NaN stays NaN.
static inline Doubles expOf(Doubles asked) {
  const Longs isSmall = asked < all(-7.45133219101941108420e+02);
  const Longs isFinite = asked >= all(-7.45133219101941108420e+02);
  const Doubles x = isFinite ? asked : Doubles{};
  const Doubles size = -x;
  // k ln2 is taken off where |x| is over 0.5 ln2, with k = -1 up to 1.5 ln2: by the high words of both, as there.
  const Doubles rounded = 1.44269504088896338700e+00 * x - 0.5;
  const Doubles whole = __builtin_convertvector(__builtin_convertvector(rounded, Ints), Doubles);
  const Longs isNear = size < all(ofBits(0x3FF0A2B200000000)), isReduced = size >= all(ofBits(0x3FD62E4300000000));
  const Doubles k = isReduced ? (isNear ? all(-1.0) : whole) : Doubles{};
  const Doubles high = x - k * 6.93147180369123816490e-01, low = k * 1.90821492927058770002e-10;
  const Doubles r = high - low;
  const Doubles t = r * r;
  const Doubles c = r - t * (1.66666666666666019037e-01 +
                             t * (-2.77777777770155933842e-03 +
                                  t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  const Doubles y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
  // Below 2^-1021 by way of a larger power.
  const Longs isLow = k < all(-1021.0);
  const Longs power = __builtin_convertvector(__builtin_convertvector(isLow ? k + 1000.0 : k, Ints), Longs);
  const Longs bits = (power + 1023) << 52;
  const Doubles scaled = y * reinterpret_cast<const Doubles &>(bits);
  const Doubles result = isLow ? scaled * 9.33263618503218878990e-302 : scaled;
  const Doubles near = size < all(ofBits(0x3E30000000000000)) ? 1.0 + x : result;
  return isFinite ? near : isSmall ? Doubles{} : asked;
}

static float *panelOf(const RowProblem &p, int64_t panel, int64_t group) {
  return p.packed + (panel * p.kvHeads + group) * p.headDim * kKeys;
}

static void packRowKeys(const RowProblem &p, int64_t start, int64_t end) {
  const int64_t dh = p.headDim, width = p.kvHeads * dh;
  for (int64_t key = start; key < end; key++)
    for (int64_t group = 0; group < p.kvHeads; group++) {
      const float *k = p.k + key * width + group * dh;
      float *panel = panelOf(p, key / kKeys, group) + key % kKeys;
      for (int64_t d = 0; d < dh; d++) panel[d * kKeys] = k[d];
    }
}

// Products of COUNT queries with PANELS panels that are `step` floats apart, times the scale.
template <int COUNT, int PANELS>
static inline void scorePanels(const RowProblem &p, const double *q, const float *panel, int64_t step, double *out, int64_t stride) {
  const int64_t dh = p.headDim;
  Doubles sum[COUNT][PANELS * kParts];
  for (int r = 0; r < COUNT; r++)
    for (int c = 0; c < PANELS * kParts; c++) sum[r][c] = Doubles{};
  for (int64_t d = 0; d < dh; d++) {
    Doubles k[PANELS * kParts];
    for (int b = 0; b < PANELS; b++)
      for (int c = 0; c < kParts; c++)
        k[b * kParts + c] = __builtin_convertvector(
            *reinterpret_cast<const Floats *>(panel + b * step + d * kKeys + c * DOUBLES), Doubles);
    for (int r = 0; r < COUNT; r++) {
      const Doubles x = all(q[r * dh + d]);
      for (int c = 0; c < PANELS * kParts; c++) sum[r][c] += x * k[c];
    }
  }
  for (int r = 0; r < COUNT; r++)
    for (int c = 0; c < PANELS * kParts; c++) storeDoubles(out + r * stride + c * DOUBLES, sum[r][c] * p.scale);
}

// The same of one query and panels [first, last); keys of panel 0 would lie at `out`.
static void scoreRow(const RowProblem &p, int64_t group, const double *q, int64_t first, int64_t last, double *out) {
  const int64_t step = p.kvHeads * p.headDim * kKeys;
  int64_t panel = first;
  for (; panel + 2 <= last; panel += 2) scorePanels<1, 2>(p, q, panelOf(p, panel, group), step, out + panel * kKeys, 0);
  for (; panel < last; panel++) scorePanels<1, 1>(p, q, panelOf(p, panel, group), step, out + panel * kKeys, 0);
}

static double largestOf(const double *scores, int64_t count) {
  double top = kNothing;
  int64_t i = 0;
  Doubles tops = all(kNothing);
  for (; i + DOUBLES <= count; i += DOUBLES) {
    const Doubles x = loadDoubles(scores + i);
    tops = x > tops ? x : tops;
  }
  for (; i < count; i++) top = scores[i] > top ? scores[i] : top;
  for (int lane = 0; lane < DOUBLES; lane++) top = tops[lane] > top ? tops[lane] : top;
  return top;
}

// e^(score - top) in place, of a count that is made whole vectors: what lies past the end is written too.
static void weigh(double *scores, int64_t count, double top) {
  for (int64_t i = 0; i < count; i += DOUBLES) storeDoubles(scores + i, expOf(loadDoubles(scores + i) - top));
}

static void divide(double *values, int64_t count, double by) {
  for (int64_t i = 0; i < count; i += DOUBLES) storeDoubles(values + i, loadDoubles(values + i) / by);
}

static void queryOf(const RowProblem &p, int64_t head, int64_t query, double *out) {
  const float *q = p.q + (query * p.heads + head) * p.headDim;
  for (int64_t d = 0; d < p.headDim; d++) out[d] = q[d];
}

static int64_t firstSeen(const RowProblem &p, int64_t query) { return std::max<int64_t>(0, query - p.window + 1); }

static void listedRow(const RowProblem &p, int64_t head) {
  const int64_t query = p.queryStart, from = firstSeen(p, query), group = head / (p.heads / p.kvHeads);
  const int64_t panels = (query + kKeys) / kKeys, padded = (p.keyCount + DOUBLES - 1) / DOUBLES * DOUBLES;
  const std::unique_ptr<double[]> buffer(new double[p.headDim + panels * kKeys + padded]);
  double *const q = buffer.get(), *const scores = q + p.headDim, *const own = scores + panels * kKeys;
  queryOf(p, head, query, q);
  // Of long lists nearly every panel has a key.
  const bool isLong = p.keyCount * 4 > query;
  if (isLong) scoreRow(p, group, q, 0, panels, scores);
  int64_t there = -1;
  for (int64_t i = 0; i < p.keyCount; i++) {
    const int64_t key = p.keys[i];
    if (!isLong && key / kKeys != there) {
      there = key / kKeys;
      scoreRow(p, group, q, there, there + 1, scores);
    }
    own[i] = key < from ? kNothing : scores[key];
  }
  std::fill(own + p.keyCount, own + padded, kNothing);
  weigh(own, p.keyCount, largestOf(own, p.keyCount));
  double sum = 0;
  for (int64_t i = 0; i < p.keyCount; i++) sum += own[i];
  divide(own, p.keyCount, sum);
  std::copy_n(own, p.keyCount, p.out + (head - p.headStart) * p.keyCount);
}

// Scores of up to kBlock queries, [rows, stride], from panel `first` on: -Infinity where a query does not see a key.
static void scoreBlock(const RowProblem &p, int64_t head, int64_t query, int64_t count, int64_t first, int64_t last, double *q,
                       double *scores, int64_t stride) {
  const int64_t group = head / (p.heads / p.kvHeads), dh = p.headDim;
  for (int64_t r = 0; r < count; r++) queryOf(p, head, query + r, q + r * dh);
  int64_t r = 0;
  for (; r + ROWS <= count; r += ROWS)
    for (int64_t panel = first; panel < last; panel++)
      scorePanels<ROWS, 1>(p, q + r * dh, panelOf(p, panel, group), 0, scores + r * stride + panel * kKeys, stride);
  for (; r < count; r++) scoreRow(p, group, q + r * dh, first, last, scores + r * stride);
  for (r = 0; r < count; r++) {
    double *const own = scores + r * stride;
    std::fill(own + first * kKeys, own + firstSeen(p, query + r), kNothing);
    std::fill(own + query + r + 1, own + last * kKeys, kNothing);
  }
}

static void headRows(const RowProblem &p, int64_t head, int64_t start, int64_t end) {
  if (p.kind == RowProblem::kListed) return listedRow(p, head);
  const int64_t stride = (end + kKeys - 1) / kKeys * kKeys, dh = p.headDim, queries = p.queryEnd - p.queryStart;
  const std::unique_ptr<double[]> buffer(new double[kBlock * (dh + stride)]);
  double *const q = buffer.get(), *const scores = q + kBlock * dh;
  double *const out = p.out + (head - p.headStart) * (p.kind == RowProblem::kSums ? 1 : queries) * p.columns;
  for (int64_t query = start; query < end; query += kBlock) {
    const int64_t count = std::min(kBlock, end - query), first = firstSeen(p, query) / kKeys;
    const int64_t last = (query + count + kKeys - 1) / kKeys, from = first * kKeys, length = last * kKeys - from;
    scoreBlock(p, head, query, count, first, last, q, scores, stride);
    double sum[kBlock] = {};
    if (p.kind != RowProblem::kScores) {
      for (int64_t r = 0; r < count; r++) {
        double *const own = scores + r * stride + from;
        weigh(own, length, largestOf(own, length));
      }
      if (count == kBlock)
        for (int64_t key = from; key < query + count; key++)
          for (int64_t r = 0; r < kBlock; r++) sum[r] += scores[r * stride + key];
      else
        for (int64_t r = 0; r < count; r++)
          for (int64_t key = from; key <= query + r; key++) sum[r] += scores[r * stride + key];
      for (int64_t r = 0; r < count; r++) divide(scores + r * stride + from, length, sum[r]);
    }
    for (int64_t r = 0; r < count; r++) {
      const double *const own = scores + r * stride;
      const int64_t seen = query + r + 1;
      if (p.kind == RowProblem::kSums) {
        const int64_t stop = std::min(p.columns, seen);
        for (int64_t key = from; key < stop; key++) out[key] += own[key];
        continue;
      }
      double *const row = out + (query + r - p.queryStart) * p.columns;
      std::fill_n(row, from, p.kind == RowProblem::kScores ? kNothing : 0.0 / sum[r]);
      std::copy(own + from, own + seen, row + from);
    }
  }
}

static void packCentres(const NearestProblem &p, PackedCentres &out) {
  const int64_t panels = (p.centreCount + kKeys - 1) / kKeys;
  out.values.assign(panels * p.width * kKeys, 0.0);
  out.halves.assign(panels * kKeys, INFINITY);
  for (int64_t centre = 0; centre < p.centreCount; centre++) {
    double *panel = out.values.data() + centre / kKeys * p.width * kKeys + centre % kKeys;
    for (int64_t d = 0; d < p.width; d++) panel[d * kKeys] = p.centres[centre * p.width + d];
    out.halves[centre] = p.halves[centre];
  }
}

// Of COUNT points: in each lane the largest of its centres and the first that has it, and then over lanes.
template <int COUNT>
static inline void nearestOf(const NearestProblem &p, const PackedCentres &centres, int64_t point) {
  const int64_t panels = static_cast<int64_t>(centres.halves.size()) / kKeys;
  const double *x = p.points + point * p.width;
  Doubles best[COUNT][kParts];
  Longs at[COUNT][kParts];
  for (int r = 0; r < COUNT; r++)
    for (int c = 0; c < kParts; c++) best[r][c] = all(kNothing), at[r][c] = Longs{};
  for (int64_t panel = 0; panel < panels; panel++) {
    const double *values = centres.values.data() + panel * p.width * kKeys;
    Doubles sum[COUNT][kParts];
    for (int r = 0; r < COUNT; r++)
      for (int c = 0; c < kParts; c++) sum[r][c] = -loadDoubles(centres.halves.data() + panel * kKeys + c * DOUBLES);
    for (int64_t d = 0; d < p.width; d++)
      for (int r = 0; r < COUNT; r++)
        for (int c = 0; c < kParts; c++)
          sum[r][c] += x[r * p.width + d] * loadDoubles(values + d * kKeys + c * DOUBLES);
    for (int r = 0; r < COUNT; r++)
      for (int c = 0; c < kParts; c++) {
        const Longs larger = sum[r][c] > best[r][c];
        best[r][c] = larger ? sum[r][c] : best[r][c];
        at[r][c] = larger ? Longs{} + panel : at[r][c];
      }
  }
  for (int r = 0; r < COUNT; r++) {
    double most = kNothing;
    int64_t label = 0;
    for (int i = 0; i < kKeys; i++) {
      const double own = best[r][i / DOUBLES][i % DOUBLES];
      const int64_t centre = at[r][i / DOUBLES][i % DOUBLES] * kKeys + i;
      if (own > most || (own == most && own > kNothing && centre < label)) most = own, label = centre;
    }
    p.labels[point + r] = static_cast<int32_t>(label);
  }
}

static void nearest(const NearestProblem &p, const PackedCentres &centres, int64_t start, int64_t end) {
  int64_t point = start;
  for (; point + ROWS <= end; point += ROWS) nearestOf<ROWS>(p, centres, point);
  for (; point < end; point++) nearestOf<1>(p, centres, point);
}

extern const RowImplementation rowImplementation = {HEADSCOPE_NAME, packRowKeys, headRows, packCentres, nearest};

}  // namespace HEADSCOPE_ISA
}  // namespace headscope
