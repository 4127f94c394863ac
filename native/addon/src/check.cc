// A standalone check of the kernel for the sanitizers: random shapes against plain double-precision attention.
// Built and run by `npm run addon:sanitize`. Exits with 1 at the first difference.
#include <cmath>
#include <cstdio>
#include <random>

#include "kernel.h"

using headscope::Implementation;
using headscope::Problem;

namespace {

struct Shape {
  int64_t heads, kvHeads, headDim, tokens, queryStart, window;
  bool masked;
  float spread;
};

struct Reference {
  std::vector<double> z, lse, entropy, rowMax, meanDistance, columnSum;
  double largestScore = 0, largestValue = 0;
};

bool sees(const Problem &p, int64_t head, int64_t i, int64_t j) {
  if (j > i || i - j >= p.window) return false;
  return p.sinks == nullptr || j < p.sinks[head] || i - j < p.windows[head];
}

Reference attend(const Problem &p) {
  const int64_t rows = p.rows(), dh = p.headDim;
  Reference out;
  out.z.resize(rows * p.heads * dh);
  for (auto *part : {&out.lse, &out.entropy, &out.rowMax, &out.meanDistance}) part->resize(p.heads * rows);
  out.columnSum.resize(p.heads * p.tokens);
  for (int64_t x = 0; x < p.tokens * p.kvHeads * dh; x++) out.largestValue = std::max(out.largestValue, std::abs(static_cast<double>(p.v[x])));
  std::vector<double> score(p.tokens);
  for (int64_t head = 0; head < p.heads; head++) {
    const int64_t group = head / (p.heads / p.kvHeads);
    for (int64_t row = 0; row < rows; row++) {
      const int64_t i = p.queryStart + row, at = head * rows + row;
      double top = -INFINITY, sum = 0;
      for (int64_t j = 0; j <= i; j++) {
        score[j] = -INFINITY;
        if (!sees(p, head, i, j)) continue;
        double dot = 0;
        for (int64_t d = 0; d < dh; d++) dot += static_cast<double>(p.q[(row * p.heads + head) * dh + d]) * p.k[(j * p.kvHeads + group) * dh + d];
        score[j] = dot * p.scale;
        top = std::max(top, score[j]);
        out.largestScore = std::max(out.largestScore, std::abs(score[j]));
      }
      for (int64_t j = 0; j <= i; j++) sum += std::exp(score[j] - top);
      out.lse[at] = top + std::log(sum);
      out.rowMax[at] = 1 / sum;
      for (int64_t j = 0; j <= i; j++) {
        const double w = std::exp(score[j] - top) / sum;
        if (w > 0) out.entropy[at] -= w * std::log(w);
        out.meanDistance[at] += w * static_cast<double>(i - j);
        out.columnSum[head * p.tokens + j] += w;
        for (int64_t d = 0; d < dh; d++)
          out.z[(row * p.heads + head) * dh + d] += w * p.v[(j * p.kvHeads + group) * dh + d] * p.gain[head];
      }
    }
  }
  return out;
}

template <typename Actual>
bool near(const char *name, const std::vector<Actual> &actual, const std::vector<double> &expected, double limit) {
  for (size_t x = 0; x < expected.size(); x++) {
    if (std::abs(actual[x] - expected[x]) <= limit) continue;
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
  std::vector<int32_t> sinks(shape.heads), windows(shape.heads), argmax(all);
  for (int64_t head = 0; head < shape.heads; head++) {
    sinks[head] = static_cast<int32_t>(random() % 40);
    windows[head] = static_cast<int32_t>(1 + random() % 70);
  }
  std::vector<float> z(all * shape.headDim), lse(all), entropy(all), rowMax(all), meanDistance(all);
  std::vector<double> columnSum(shape.heads * shape.tokens);
  int32_t cancel = 0;
  int64_t cells = 0;
  Problem p{};
  p.q = q.data(), p.k = k.data(), p.v = v.data();
  p.tokens = shape.tokens, p.queryStart = shape.queryStart;
  p.heads = shape.heads, p.kvHeads = shape.kvHeads, p.headDim = shape.headDim;
  p.scale = 1 / std::sqrt(static_cast<float>(shape.headDim));
  p.window = shape.window;
  p.gain = gain.data();
  if (shape.masked) p.sinks = sinks.data(), p.windows = windows.data();
  p.z = z.data(), p.lse = lse.data(), p.entropy = entropy.data(), p.rowMax = rowMax.data(), p.meanDistance = meanDistance.data();
  p.rowArgmax = argmax.data();
  p.columnSum = columnSum.data();
  p.threads = 1 + static_cast<int>(seed % 3);
  p.cancel = &cancel, p.cells = &cells;
  if (!headscope::runAttention(p, implementation)) return false;
  const Reference expected = attend(p);
  const double s = expected.largestScore;
  double largestGain = 1;
  for (float g : gain) largestGain = std::max(largestGain, std::abs(static_cast<double>(g)));
  for (int64_t at = 0; at < all; at++)
    if (argmax[at] < 0 || argmax[at] > p.queryStart + at % rows) return false;
  return near("z", z, expected.z, (1e-6 + 2e-7 * s) * expected.largestValue * largestGain) &&
         near("lse", lse, expected.lse, 1e-5 + 2e-7 * s) && near("entropy", entropy, expected.entropy, 2e-5 + 2e-6 * s) &&
         near("rowMax", rowMax, expected.rowMax, 2e-6 + 4e-7 * s) &&
         near("meanDistance", meanDistance, expected.meanDistance, 1e-5 * static_cast<double>(p.tokens + 1)) &&
         near("columnSum", columnSum, expected.columnSum, 1e-5 * static_cast<double>(p.tokens));
}

}  // namespace

int main() {
  std::mt19937 random(5);
  const auto pick = [&](std::initializer_list<int64_t> values) { return values.begin()[random() % values.size()]; };
  int runs = 0;
  for (const char *name : {"avx512", "avx2", "portable"}) {
    const Implementation *implementation = headscope::findImplementation(name);
    if (implementation == nullptr) {
      std::printf("%s: not on this processor\n", name);
      continue;
    }
    for (unsigned seed = 0; seed < 60; seed++) {
      const int64_t kvHeads = pick({1, 2, 3}), tokens = pick({1, 2, 15, 16, 17, 130, 333});
      const int64_t queryStart = pick({0, 0, tokens / 2, tokens - 1});
      const Shape shape = {kvHeads * pick({1, 2, 4}), kvHeads, pick({1, 2, 20, 64, 96, 256}), tokens, queryStart,
                           pick({tokens, tokens, 1, 3, 50}), random() % 2 == 0, static_cast<float>(pick({0, 1, 6}))};
      if (!check(*implementation, shape, seed)) {
        std::printf("%s: seed %u differs\n", name, seed);
        return 1;
      }
      runs++;
    }
    std::printf("%s: 60 random problems agree\n", name);
  }
  std::printf("%d problems, no difference\n", runs);
  return 0;
}
