// Tiles, written once over vectors as kernel-body.h is, after which it is included.
#include "tile.h"

namespace headscope {
namespace HEADSCOPE_ISA {

static void packKeys(const TileProblem &p, const MapSource &map, std::vector<float> &out) {
  const int64_t dh = p.headDim, width = p.kvHeads * dh, count = p.keyEnd - p.keyStart;
  out.assign((count + kPanel - 1) / kPanel * dh * kPanel, 0.0f);
  for (int64_t i = 0; i < count; i++) {
    const float *k = map.k + (p.keyStart + i) * width + map.group * dh;
    float *panel = out.data() + i / kPanel * dh * kPanel + i % kPanel;
    for (int64_t d = 0; d < dh; d++) panel[d * kPanel] = k[d];
  }
}

// First key that a query sees on this map, and how many.
static inline int64_t firstSeen(const MapSource &map, int64_t row) { return std::max<int64_t>(0, row - map.window + 1); }

// What is added to the scores of a row before they are reduced.
static float offsetOf(const TileProblem &p, const MapSource &map, int64_t row) {
  const float lse = map.lse[row];
  if (p.value == TileProblem::kLogit) return 0;
  if (p.value == TileProblem::kLift) return std::log(static_cast<float>(row - firstSeen(map, row) + 1)) - lse;
  return -lse;
}

// Scores of up to MICRO rows against panels [0, panels), capped.
static void scoreRows(const TileProblem &p, const MapSource &map, const std::vector<float> &keys, int64_t row, int64_t rows,
                      int64_t panelStart, int64_t panelEnd, float *queries, float *scores, int64_t stride) {
  const int64_t dh = p.headDim, width = p.heads * dh;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t d = 0; d < dh; d++) queries[r * dh + d] = map.q[(row + r) * width + map.head * dh + d] * map.scale;
  int64_t panel = panelStart;
  for (; panel + PAIR <= panelEnd; panel += PAIR)
    scoreBlock<MICRO, PAIR>(queries, dh, keys.data() + panel * dh * kPanel, scores + (panel - panelStart) * kPanel, stride);
  for (; panel < panelEnd; panel++)
    scoreBlock<MICRO, 1>(queries, dh, keys.data() + panel * dh * kPanel, scores + (panel - panelStart) * kPanel, stride);
  if (!(map.softcap > 0)) return;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < (panelEnd - panelStart) * kPanel; i += LANES)
      store(scores + r * stride + i, softcapped(load(scores + r * stride + i), map.softcap));
}

static inline Vec largerMagnitude(Vec a, Vec b) {
  const Vec sizeA = a < Vec{} ? -a : a, sizeB = b < Vec{} ? -b : b;
  return sizeA > sizeB ? a : b;
}

static void tileRows(const TileProblem &p, const std::vector<float> &keys, const std::vector<float> &minusKeys, int64_t first,
                     int64_t last) {
  const int64_t size = int64_t{1} << p.level, width = p.keyEnd - p.keyStart, dh = p.headDim;
  const int64_t panels = (width + kPanel - 1) / kPanel;
  const bool exponential = p.value == TileProblem::kProbability || p.value == TileProblem::kLift;
  const bool isDifference = p.minus.q != nullptr, sums = p.reducer == TileProblem::kSum;
  const float nothing = isDifference || sums ? 0.0f : p.reducer == TileProblem::kMax ? -INFINITY : INFINITY;
  std::vector<float> reduced(panels * kPanel), queries(2 * MICRO * dh), scores(2 * MICRO * kKeyTile);
  std::vector<int32_t> edges(width + 1);

  for (int64_t texelRow = first; texelRow < last; texelRow++) {
    if (__atomic_load_n(p.cancel, __ATOMIC_RELAXED) != 0) return;
    const int64_t rowStart = p.rowStart + texelRow * size, rowEnd = std::min(p.rowEnd, rowStart + size);
    std::fill(reduced.begin(), reduced.end(), nothing);
    std::fill(edges.begin(), edges.end(), 0);
    for (int64_t row = rowStart; row < rowEnd; row += MICRO) {
      const int64_t rows = std::min<int64_t>(MICRO, rowEnd - row);
      // Keys that some of these rows see.
      int64_t seenFrom = firstSeen(p.map, row);
      if (isDifference) seenFrom = std::min(seenFrom, firstSeen(p.minus, row));
      const int64_t from = std::max({seenFrom, p.keyStart, p.skipKeys}) - p.keyStart;
      const int64_t to = std::min(row + rows, p.keyEnd) - p.keyStart;
      if (from >= to) continue;
      for (int64_t start = from / kPanel; start * kPanel < to; start += kKeyTile / kPanel) {
        const int64_t end = std::min((to + kPanel - 1) / kPanel, start + kKeyTile / kPanel);
        float *a = scores.data(), *b = scores.data() + MICRO * kKeyTile;
        scoreRows(p, p.map, keys, row, rows, start, end, queries.data(), a, kKeyTile);
        if (isDifference) scoreRows(p, p.minus, minusKeys, row, rows, start, end, queries.data() + MICRO * dh, b, kKeyTile);
        for (int64_t r = 0; r < rows; r++, a += kKeyTile, b += kKeyTile) {
          const int64_t position = row + r, count = (end - start) * kPanel, key = p.keyStart + start * kPanel;
          const auto hideOutside = [&](float *s, const MapSource &map, float fill) {
            const int64_t low = std::min(count, std::max({firstSeen(map, position), p.skipKeys, key}) - key);
            const int64_t high = std::max<int64_t>(low, std::min({count, position + 1 - key, p.keyEnd - key}));
            std::fill(s, s + low, fill);
            std::fill(s + high, s + count, fill);
          };
          float *into = reduced.data() + start * kPanel;
          const float offset = offsetOf(p, p.map, position);
          if (isDifference) {
            hideOutside(a, p.map, kMasked);
            hideOutside(b, p.minus, kMasked);
            const float minusOffset = offsetOf(p, p.minus, position);
            for (int64_t i = 0; i < count; i += LANES) {
              const Vec d = expOf(load(a + i) + offset) - expOf(load(b + i) + minusOffset);
              store(into + i, sums ? load(into + i) + d : largerMagnitude(d, load(into + i)));
            }
          } else if (sums && exponential) {
            hideOutside(a, p.map, kMasked);
            for (int64_t i = 0; i < count; i += LANES) store(into + i, load(into + i) + expOf(load(a + i) + offset));
          } else if (sums) {
            hideOutside(a, p.map, -offset);
            for (int64_t i = 0; i < count; i += LANES) store(into + i, load(into + i) + (load(a + i) + offset));
          } else if (p.reducer == TileProblem::kMax) {
            hideOutside(a, p.map, kMasked);
            for (int64_t i = 0; i < count; i += LANES) store(into + i, larger(load(a + i) + offset, load(into + i)));
          } else {
            hideOutside(a, p.map, INFINITY);
            for (int64_t i = 0; i < count; i += LANES) {
              const Vec x = load(a + i) + offset, y = load(into + i);
              store(into + i, x < y ? x : y);
            }
          }
        }
      }
      // +1 where a row begins to see, -1 after its last key.
      for (int64_t position = row; position < row + rows; position++) {
        int64_t seen = firstSeen(p.map, position);
        if (isDifference) seen = std::min(seen, firstSeen(p.minus, position));
        const int64_t low = std::max({seen, p.keyStart, p.skipKeys}) - p.keyStart;
        const int64_t high = std::min(position + 1, p.keyEnd) - p.keyStart;
        if (low < high) edges[low] += 1, edges[high] -= 1;
      }
    }
    float *values = p.values + texelRow * p.columns, *counts = p.counts + texelRow * p.columns;
    int64_t seeing = 0;
    for (int64_t column = 0; column * size < width; column++) {
      float best = nothing;
      double sum = 0;
      int64_t cells = 0;
      for (int64_t key = column * size; key < std::min(width, (column + 1) * size); key++) {
        seeing += edges[key];
        cells += seeing;
        const float x = reduced[key];
        if (sums) sum += x;
        else if (isDifference) best = std::abs(x) > std::abs(best) ? x : best;
        else best = p.reducer == TileProblem::kMax ? std::max(best, x) : std::min(best, x);
      }
      counts[column] = static_cast<float>(cells);
      if (cells == 0) values[column] = NAN;
      else if (sums) values[column] = static_cast<float>(sum);
      else values[column] = exponential && !isDifference ? std::exp(best) : best;
    }
  }
}

}  // namespace HEADSCOPE_ISA
}  // namespace headscope
