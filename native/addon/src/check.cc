// A standalone check of the kernel for the sanitizers: random shapes against plain double-precision attention.
// Built and run by `npm run addon:sanitize`. Exits with 1 at the first difference.
#include <cmath>
#include <cstdio>
#include <random>

#include "kernel.h"
#include "rows.h"
#include "visibility.h"

using headscope::HeadMask;
using headscope::Implementation;
using headscope::Problem;

namespace {

struct Shape {
  int64_t heads, kvHeads, headDim, tokens, queryStart, window;
  bool masked, counted;
  float spread, softcap;
};

struct Masks {
  std::vector<HeadMask> heads;
  std::vector<std::vector<int32_t>> keys, offsets;
  std::vector<std::vector<uint8_t>> blocks;
};

Masks randomMasks(std::mt19937 &random, const Shape &shape) {
  Masks made;
  made.keys.resize(shape.heads), made.offsets.resize(shape.heads), made.blocks.resize(shape.heads);
  const int64_t rows = shape.tokens - shape.queryStart;
  for (int64_t head = 0; head < shape.heads; head++) {
    HeadMask mask{};
    mask.kind = static_cast<int32_t>(random() % 4);
    mask.first = static_cast<int32_t>(mask.kind == HeadMask::kBlocks ? 1 + random() % 70 : random() % 60);
    mask.second = static_cast<int32_t>(1 + random() % 70);
    auto &keys = made.keys[head];
    if (mask.kind == HeadMask::kKeptKeys)
      for (int i = 0; i < 20; i++) keys.push_back(static_cast<int32_t>(random() % 400) - 10);
    if (mask.kind == HeadMask::kRowKeys) {
      made.offsets[head].push_back(0);
      for (int64_t row = 0; row < rows; row++) {
        // Past both ends too: those must be left alone.
        for (unsigned i = random() % 5; i > 0; i--) keys.push_back(static_cast<int32_t>(random() % (shape.tokens + 8)) - 4);
        std::sort(keys.begin() + made.offsets[head].back(), keys.end());
        keys.erase(std::unique(keys.begin() + made.offsets[head].back(), keys.end()), keys.end());
        made.offsets[head].push_back(static_cast<int32_t>(keys.size()));
      }
      mask.offsets = made.offsets[head].data();
    }
    if (mask.kind == HeadMask::kBlocks) {
      const int64_t side = (shape.tokens + mask.first - 1) / mask.first;
      for (int64_t i = 0; i < side * side; i++) made.blocks[head].push_back(random() % 3 != 0);
      mask.blocks = made.blocks[head].data();
    }
    mask.keys = keys.data(), mask.keyCount = static_cast<int64_t>(keys.size());
    made.heads.push_back(mask);
  }
  return made;
}

struct Reference {
  std::vector<double> z, lse, entropy, rowMax, meanDistance, sinkMass, restMass, columnSum, poolMax, kept;
  std::vector<double> matched[2];
  double largestScore = 0, largestValue = 0;
};

Reference attend(const Problem &p) {
  const int64_t rows = p.rows(), dh = p.headDim, side = p.poolSide();
  Reference out;
  out.z.resize(rows * p.heads * dh);
  for (auto *part : {&out.lse, &out.entropy, &out.rowMax, &out.meanDistance, &out.sinkMass, &out.restMass, &out.kept, &out.matched[0], &out.matched[1]})
    part->resize(p.heads * rows);
  out.columnSum.resize(p.heads * p.tokens);
  out.poolMax.resize(p.heads * side * (side + 1) / 2);
  for (int64_t x = 0; x < p.tokens * p.kvHeads * dh; x++) out.largestValue = std::max(out.largestValue, std::abs(static_cast<double>(p.v[x])));
  std::vector<double> score(p.tokens);
  std::vector<uint8_t> visible(p.tokens, 1), kept(p.tokens);
  for (int64_t head = 0; head < p.heads; head++) {
    const int64_t group = head / (p.heads / p.kvHeads);
    for (int64_t row = 0; row < rows; row++) {
      const int64_t i = p.queryStart + row, at = head * rows + row;
      if (p.masks != nullptr) headscope::markVisible(p.masks[head], p.tokens, i, row, i + 1, visible.data());
      headscope::markVisible(p.keptMasks[head], p.tokens, i, row, i + 1, kept.data());
      double top = -INFINITY, sum = 0;
      for (int64_t j = 0; j <= i; j++) {
        score[j] = -INFINITY;
        if (!visible[j] || i - j >= p.window) continue;
        double dot = 0;
        for (int64_t d = 0; d < dh; d++) dot += static_cast<double>(p.q[(row * p.heads + head) * dh + d]) * p.k[(j * p.kvHeads + group) * dh + d];
        score[j] = dot * p.scale;
        out.largestScore = std::max(out.largestScore, std::abs(score[j]));
        if (p.softcap > 0) score[j] = p.softcap * std::tanh(score[j] / p.softcap);
        top = std::max(top, score[j]);
      }
      out.lse[at] = -INFINITY;
      if (top == -INFINITY) continue;
      for (int64_t j = 0; j <= i; j++) sum += std::exp(score[j] - top);
      out.lse[at] = top + std::log(sum);
      out.rowMax[at] = 1 / sum;
      for (int64_t j = 0; j <= i; j++) {
        const double w = std::exp(score[j] - top) / sum;
        if (w > 0) out.entropy[at] -= w * std::log(w);
        out.meanDistance[at] += w * static_cast<double>(i - j);
        if (j < headscope::kFirstKeyCount) out.sinkMass[at] += w;
        if (!std::binary_search(p.sinkKeys, p.sinkKeys + p.sinkCount, j)) out.restMass[at] += w;
        for (int64_t x = 0; x < p.matchCount; x++)
          if (p.matches[x].keys[j] == p.matches[x].rows[row] && (j < i || p.matches[x].self)) out.matched[x][at] += w;
        if (kept[j]) out.kept[at] += w;
        for (int64_t d = 0; d < dh; d++)
          out.z[(row * p.heads + head) * dh + d] += w * p.v[(j * p.kvHeads + group) * dh + d] * p.gain[head];
        if (p.counted != nullptr && p.counted[row] == 0) continue;
        out.columnSum[head * p.tokens + j] += w;
        const int64_t poolRow = i / p.poolBlock;
        double &pool = out.poolMax[head * side * (side + 1) / 2 + poolRow * (poolRow + 1) / 2 + j / p.poolBlock];
        pool = std::max(pool, w);
      }
    }
  }
  return out;
}

template <typename Actual>
bool near(const char *name, const std::vector<Actual> &actual, const std::vector<double> &expected, double limit) {
  for (size_t x = 0; x < expected.size(); x++) {
    if (actual[x] == expected[x] || std::abs(actual[x] - expected[x]) <= limit) continue;
    std::printf("%s[%zu] is %.9g, not %.9g (limit %.3g)\n", name, x, static_cast<double>(actual[x]), expected[x], limit);
    return false;
  }
  return true;
}

bool check(const Implementation &implementation, const Shape &shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, shape.spread);
  const auto fill = [&](int64_t count) {
    std::vector<float> values(count);
    for (float &value : values) value = normal(random);
    return values;
  };
  const int64_t rows = shape.tokens - shape.queryStart, all = shape.heads * rows;
  const auto q = fill(all * shape.headDim);
  const auto k = fill(shape.tokens * shape.kvHeads * shape.headDim), v = fill(shape.tokens * shape.kvHeads * shape.headDim);
  const auto gain = fill(shape.heads);
  const Masks masks = randomMasks(random, shape), keptMasks = randomMasks(random, shape);
  std::vector<int32_t> argmax(all), maskedRows(shape.heads), targetOffsets(rows + 1), targetKeys(rows);
  std::vector<uint8_t> counted(rows);
  for (int64_t row = 0; row < rows; row++) {
    counted[row] = random() % 3 != 0;
    targetOffsets[row + 1] = static_cast<int32_t>(row + 1);
    targetKeys[row] = static_cast<int32_t>(random() % (shape.tokens + 4)) - 2;
  }
  const auto perRow = [&] { return std::vector<float>(all); };
  std::vector<float> z(all * shape.headDim), lse = perRow(), entropy = perRow(), rowMax = perRow(), meanDistance = perRow(),
      sinkMass = perRow(), sumSquares = perRow(), restMass = perRow(), restEntropy = perRow(), restMean = perRow(),
      targetMass = perRow(), weightedMass = perRow(), keptMass = perRow(), localMass(all * headscope::kLocalWidths),
      restLocal(all * headscope::kLocalWidths);
  const auto weights = fill(shape.heads * shape.tokens);
  std::vector<double> columnSum(shape.heads * shape.tokens), distance(shape.heads * headscope::kDistanceBins),
      histogram(shape.heads * headscope::kHistogramBins);
  int32_t cancel = 0;
  int64_t cells = 0;
  Problem p{};
  p.q = q.data(), p.k = k.data(), p.v = v.data();
  p.tokens = shape.tokens, p.queryStart = shape.queryStart;
  p.heads = shape.heads, p.kvHeads = shape.kvHeads, p.headDim = shape.headDim;
  p.scale = 1 / std::sqrt(static_cast<float>(shape.headDim)), p.softcap = shape.softcap;
  p.window = shape.window;
  p.gain = gain.data();
  if (shape.masked) p.masks = masks.heads.data();
  if (shape.counted) p.counted = counted.data();
  p.z = z.data(), p.lse = lse.data(), p.entropy = entropy.data(), p.rowMax = rowMax.data(), p.meanDistance = meanDistance.data();
  p.sinkMass = sinkMass.data(), p.localMass = localMass.data(), p.rowArgmax = argmax.data();
  p.columnSum = columnSum.data(), p.distance = distance.data(), p.maskedRows = maskedRows.data();
  p.poolBlock = 1 + shape.tokens / 40;
  std::vector<float> poolMax(shape.heads * p.poolSide() * (p.poolSide() + 1) / 2), poolSum(poolMax.size());
  p.poolMax = poolMax.data(), p.poolSum = poolSum.data();
  p.sumSquares = sumSquares.data(), p.histogram = histogram.data();
  p.restMass = restMass.data(), p.restEntropy = restEntropy.data(), p.restMeanDistance = restMean.data(), p.restLocalMass = restLocal.data();
  p.targetOffsets = targetOffsets.data(), p.targetKeys = targetKeys.data(), p.targetMass = targetMass.data();
  p.keyWeights = weights.data(), p.weightedMass = weightedMass.data();
  p.keptMasks = keptMasks.heads.data(), p.keptMass = keptMass.data();
  std::vector<int32_t> classes, sinkKeys;
  for (int64_t key = 0; key < shape.tokens; key++) {
    classes.push_back(static_cast<int32_t>(random() % 5));
    if (random() % 20 == 0) sinkKeys.push_back(static_cast<int32_t>(key));
  }
  // Every third problem keeps the default.
  if (seed % 3 != 0) p.sinkKeys = sinkKeys.data(), p.sinkCount = static_cast<int64_t>(sinkKeys.size());
  std::vector<float> matched[2] = {perRow(), perRow()}, gini = perRow(), topWidth = perRow();
  const headscope::KeyMatch matches[2] = {
      {classes.data() + shape.queryStart, classes.data(), true, matched[0].data()},
      {classes.data() + shape.queryStart, classes.data(), false, matched[1].data()}};
  p.matches = matches, p.matchCount = 2;
  p.topP = 0.9f, p.gini = gini.data(), p.topWidth = topWidth.data();
  p.threads = 1 + static_cast<int>(seed % 3);
  p.cancel = &cancel, p.cells = &cells;
  if (!headscope::runAttention(p, implementation)) return false;
  const Reference expected = attend(p);
  const double s = expected.largestScore;
  double largestGain = 1;
  for (float g : gain) largestGain = std::max(largestGain, std::abs(static_cast<double>(g)));
  for (int64_t at = 0; at < all; at++)
    if (argmax[at] < -1 || argmax[at] > p.queryStart + at % rows || !(gini[at] >= 0 && gini[at] <= 1) ||
        !(topWidth[at] >= 0 && topWidth[at] <= static_cast<float>(p.tokens)))
      return false;
  return near("z", z, expected.z, (1e-6 + 2e-7 * s) * expected.largestValue * largestGain) &&
         near("lse", lse, expected.lse, 1e-5 + 2e-7 * s) && near("entropy", entropy, expected.entropy, 2e-5 + 2e-6 * s) &&
         near("rowMax", rowMax, expected.rowMax, 2e-6 + 6e-7 * s) &&
         near("meanDistance", meanDistance, expected.meanDistance, 1e-5 * static_cast<double>(p.tokens + 1)) &&
         near("matched", matched[0], expected.matched[0], 2e-6 + 6e-7 * s) && near("matched", matched[1], expected.matched[1], 2e-6 + 6e-7 * s) &&
         near("sinkMass", sinkMass, expected.sinkMass, 2e-6 + 6e-7 * s) && near("restMass", restMass, expected.restMass, 2e-6 + 6e-7 * s) &&
         near("keptMass", keptMass, expected.kept, 2e-6 + 6e-7 * s) &&
         near("poolMax", poolMax, expected.poolMax, 2e-6 + 6e-7 * s) && near("columnSum", columnSum, expected.columnSum, 1e-5 * static_cast<double>(p.tokens));
}

// Rows in float64 of every kind, and nearest centres, against plain loops.
bool checkRows(const headscope::RowImplementation &implementation, unsigned seed) {
  using headscope::RowProblem;
  std::mt19937 random(seed);
  const auto below = [&](int64_t count) { return static_cast<int64_t>(random() % static_cast<unsigned>(count)); };
  const int64_t kvHeads = 1 + below(3), heads = kvHeads * (1 + below(3)), dh = 1 + below(40), tokens = 1 + below(90);
  const auto fill = [&](int64_t count) {
    std::vector<float> values(count);
    for (float &value : values) value = static_cast<float>(random() % 2001) / 500 - 2;
    return values;
  };
  const auto q = fill(tokens * heads * dh), k = fill(tokens * kvHeads * dh);
  std::vector<float> packed((tokens + 15) / 16 * 16 * kvHeads * dh);
  RowProblem p{};
  p.heads = heads, p.kvHeads = kvHeads, p.headDim = dh, p.scale = 0.3, p.window = 1 + below(tokens);
  p.q = q.data(), p.k = k.data(), p.packed = packed.data(), p.threads = 1 + static_cast<int>(seed % 3);
  for (int32_t kind = 0; kind < 4; kind++) {
    p.kind = kind;
    p.headStart = below(heads), p.headEnd = p.headStart + 1 + below(heads - p.headStart);
    p.queryStart = below(tokens), p.queryEnd = kind == RowProblem::kListed ? p.queryStart + 1 : p.queryStart + 1 + below(tokens - p.queryStart);
    p.columns = kind == RowProblem::kSums ? 1 + below(tokens) : p.queryEnd;
    std::vector<int32_t> keys;
    for (int64_t key = 0; kind == RowProblem::kListed && key <= p.queryStart; key++)
      if (key == p.queryStart || random() % 3 == 0) keys.push_back(static_cast<int32_t>(key));
    p.keys = keys.data(), p.keyCount = static_cast<int64_t>(keys.size());
    const int64_t asked = p.headEnd - p.headStart, queries = p.queryEnd - p.queryStart;
    std::vector<double> out(kind == RowProblem::kListed ? asked * p.keyCount : asked * (kind == RowProblem::kSums ? 1 : queries) * p.columns), sums(asked * tokens);
    p.out = out.data();
    headscope::runRows(p, implementation);
    p.packedKeys = std::max(p.packedKeys, p.queryEnd);
    for (int64_t head = p.headStart; head < p.headEnd; head++)
      for (int64_t query = p.queryStart; query < p.queryEnd; query++) {
        std::vector<double> row(query + 1, -INFINITY);
        double sum = 0;
        for (int64_t key = std::max<int64_t>(0, query - p.window + 1); key <= query; key++) {
          if (kind == RowProblem::kListed && !std::binary_search(keys.begin(), keys.end(), static_cast<int32_t>(key))) continue;
          double dot = 0;
          for (int64_t d = 0; d < dh; d++)
            dot += static_cast<double>(q[(query * heads + head) * dh + d]) * k[(key * kvHeads + head / (heads / kvHeads)) * dh + d];
          row[key] = dot * p.scale, sum += std::exp(row[key]);
        }
        for (int64_t key = 0; key <= query; key++) {
          const double score = row[key], probability = std::exp(score) / sum;
          sums[(head - p.headStart) * tokens + key] += probability;
          if (kind > RowProblem::kProbabilities) continue;
          const double found = out[((head - p.headStart) * queries + query - p.queryStart) * p.columns + key];
          const double expected = kind == RowProblem::kScores ? score : probability;
          if (found != expected && !(std::abs(found - expected) < 1e-9)) return false;
        }
        for (int64_t i = 0; i < p.keyCount; i++)
          if (!(std::abs(out[(head - p.headStart) * p.keyCount + i] - std::exp(row[keys[i]]) / sum) < 1e-9)) return false;
      }
    for (int64_t at = 0; kind == RowProblem::kSums && at < static_cast<int64_t>(out.size()); at++)
      if (!(std::abs(out[at] - sums[at / p.columns * tokens + at % p.columns]) < 1e-9)) return false;
  }
  const int64_t points = 1 + below(200), centres = 1 + below(60);
  std::vector<double> x(points * dh), c(centres * dh), halves(centres);
  for (double &value : x) value = static_cast<double>(below(9)) - 4;
  for (double &value : c) value = static_cast<double>(below(5)) - 2;
  for (int64_t at = 0; at < centres * dh; at++) halves[at / dh] += c[at] * c[at] / 2;
  std::vector<int32_t> labels(points);
  const headscope::NearestProblem near = {x.data(), c.data(), halves.data(), points, centres, dh, labels.data(), p.threads};
  headscope::runNearest(near, implementation);
  for (int64_t point = 0; point < points; point++) {
    double best = -INFINITY;
    int32_t label = 0;
    for (int64_t centre = 0; centre < centres; centre++) {
      double sum = -halves[centre];
      for (int64_t d = 0; d < dh; d++) sum += x[point * dh + d] * c[centre * dh + d];
      if (sum > best) best = sum, label = static_cast<int32_t>(centre);
    }
    if (labels[point] != label) return false;
  }
  return true;
}

// The largest of some numbers, many of them equal, against a stable sort.
bool checkLargest(unsigned seed) {
  std::mt19937 random(seed);
  const int64_t rows = 1 + random() % 40, width = 2 + random() % 300, count = 1 + random() % (width - 1);
  std::vector<double> values(rows * width);
  for (double &value : values) value = seed % 2 == 0 ? random() % 7 : random() % 1000000;
  std::vector<int32_t> out(rows * count);
  headscope::runLargest({values.data(), rows, width, count, out.data(), 3});
  for (int64_t row = 0; row < rows; row++) {
    const double *own = values.data() + row * width;
    std::vector<int32_t> order(width);
    for (int64_t i = 0; i < width; i++) order[i] = static_cast<int32_t>(i);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return own[a] > own[b]; });
    std::sort(order.begin(), order.begin() + count);
    if (!std::equal(order.begin(), order.begin() + count, out.begin() + row * count)) return false;
  }
  return true;
}

}  // namespace

int main() {
  std::mt19937 random(5);
  const auto pick = [&](std::initializer_list<int64_t> values) { return values.begin()[random() % values.size()]; };
  int runs = 0;
  for (const char *name : {"avx512", "avx2", "neon", "portable"}) {
    const Implementation *implementation = headscope::findImplementation(name);
    if (implementation == nullptr) {
      std::printf("%s: not on this processor\n", name);
      continue;
    }
    for (unsigned seed = 0; seed < 60; seed++) {
      const int64_t kvHeads = pick({1, 2, 3}), tokens = pick({1, 2, 15, 16, 17, 130, 333});
      const int64_t queryStart = pick({0, 0, tokens / 2, tokens - 1});
      const Shape shape = {kvHeads * pick({1, 2, 4}), kvHeads, pick({1, 2, 20, 64, 96, 256}), tokens, queryStart,
                           pick({tokens, tokens, 1, 3, 50}), random() % 2 == 0, random() % 3 == 0, static_cast<float>(pick({0, 1, 6})),
                           static_cast<float>(pick({0, 0, 30}))};
      if (!check(*implementation, shape, seed)) {
        std::printf("%s: seed %u differs\n", name, seed);
        return 1;
      }
      if (!checkRows(*headscope::findRows(name), seed)) {
        std::printf("%s: rows of seed %u differ\n", name, seed);
        return 1;
      }
      if (!checkLargest(seed)) {
        std::printf("The largest of seed %u differ\n", seed);
        return 1;
      }
      runs++;
    }
    std::printf("%s: 60 random problems agree, and as many rows\n", name);
  }
  std::printf("%d problems, no difference\n", runs);
  return 0;
}
