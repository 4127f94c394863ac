#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "kernel.h"
#include "largest.h"
#include "rows.h"

namespace headscope {

namespace portable {
extern const Implementation implementation;
extern const RowImplementation rowImplementation;
}
#if defined(HEADSCOPE_X86)
namespace avx512 {
extern const Implementation implementation;
extern const RowImplementation rowImplementation;
}
namespace avx2 {
extern const Implementation implementation;
extern const RowImplementation rowImplementation;
}
#endif

#if defined(HEADSCOPE_X86)
// All that avx512.cc is built with.
static bool hasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}
#endif

const Implementation *findImplementation(const char *name) {
#if defined(HEADSCOPE_X86)
  if (std::strcmp(name, "avx512") == 0) return hasAvx512() ? &avx512::implementation : nullptr;
  if (std::strcmp(name, "avx2") == 0)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2::implementation : nullptr;
#endif
  return std::strcmp(name, portable::implementation.name) == 0 ? &portable::implementation : nullptr;
}

const Implementation *bestImplementation() {
  for (const char *name : {"avx512", "avx2"})
    if (const Implementation *found = findImplementation(name)) return found;
  return &portable::implementation;
}

const RowImplementation *findRows(const char *name) {
  const Implementation *found = findImplementation(name);
#if defined(HEADSCOPE_X86)
  if (found == &avx512::implementation) return &avx512::rowImplementation;
  if (found == &avx2::implementation) return &avx2::rowImplementation;
#endif
  return found == nullptr ? nullptr : &portable::rowImplementation;
}

constexpr int64_t kRowChunk = 16;       // queries of one task
constexpr int64_t kPointChunk = 64;     // points of one task
constexpr double kLeastRowWork = 1 << 22;      // multiplications that are worth another thread
constexpr double kLeastLargestWork = 1 << 17;  // numbers to choose among that are

// Threads take the tasks in order. What a task computes does not depend on who takes it.
template <typename Work>
static void inParallel(int threads, int64_t tasks, const Work &work) {
  std::atomic<int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto loop = [&] {
    try {
      for (int64_t task; (task = next.fetch_add(1)) < tasks;) work(task);
    } catch (...) {
      // The others find nothing left to do; what failed is thrown again once they have ended.
      next = tasks;
      const std::lock_guard<std::mutex> lock(failing);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(std::max(0, threads - 1));
  for (int64_t i = 1; i < std::min<int64_t>(threads, tasks); i++) {
    try {
      others.emplace_back(loop);
    } catch (const std::system_error &) {
      // No more threads to be had: those that there are do the work, with the same result.
      break;
    }
  }
  loop();
  for (std::thread &other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

static std::vector<ApartKey> apartKeys(const Problem &p) {
  const int32_t *const sinksEnd = p.restMass == nullptr ? p.sinkKeys : p.sinkKeys + p.sinkCount;
  std::vector<ApartKey> keys;
  for (int32_t first : kFirstKeys)
    keys.push_back({first, true, p.restMass != nullptr && !std::binary_search(p.sinkKeys, sinksEnd, first)});
  for (const int32_t *sink = p.sinkKeys; sink < sinksEnd; sink++)
    if (*sink > keys[kFirstKeyCount - 1].key) keys.push_back({*sink, false, false});
  return keys;
}

bool runAttention(const Problem &asked, const Implementation &implementation) {
  Problem p = asked;
  const std::vector<ApartKey> apart = apartKeys(p);
  p.apart = apart.data();
  p.apartCount = static_cast<int64_t>(apart.size());
  const int64_t perGroup = p.heads / p.kvHeads, rows = p.rows();
  std::vector<PackedGroup> groups(p.kvHeads);
  inParallel(p.threads, p.kvHeads, [&](int64_t group) { implementation.pack(p, group, groups[group]); });

  // Segments start at whole pool rows, so that each is written by one task.
  const bool gathers = p.entropy != nullptr;
  const int64_t block = gathers ? p.poolBlock : 1;
  const int64_t span = std::max<int64_t>(1, kSegmentRows / block) * block;
  const int64_t first = p.queryStart / span, segments = (p.tokens - 1) / span - first + 1;
  const int64_t tasks = segments * p.heads;
  std::vector<SegmentSums> sums(tasks);
  // Late rows see most keys: their segments are handed out first, so that no thread ends up alone with one.
  inParallel(p.threads, tasks, [&](int64_t task) {
    const int64_t segment = segments - 1 - task / p.heads, head = task % p.heads;
    const int64_t start = std::max<int64_t>(0, (first + segment) * span - p.queryStart);
    const int64_t end = std::min(rows, (first + segment + 1) * span - p.queryStart);
    Scratch scratch;
    implementation.attend(p, groups[head / perGroup], {head, start, end}, scratch, sums[head * segments + segment]);
  });
  if (__atomic_load_n(p.cancel, __ATOMIC_RELAXED) != 0) return false;
  if (!gathers) return true;
  inParallel(p.threads, p.heads, [&](int64_t head) {
    double *columns = p.columnSum + head * p.tokens, *distance = p.distance + head * kDistanceBins;
    if (p.columnSum != nullptr) std::fill_n(columns, p.tokens, 0.0);
    std::fill_n(distance, kDistanceBins, 0.0);
    p.maskedRows[head] = 0;
    if (p.histogram != nullptr) std::fill_n(p.histogram + head * kHistogramBins, kHistogramBins, 0.0);
    for (int64_t segment = 0; segment < segments; segment++) {
      const SegmentSums &part = sums[head * segments + segment];
      for (size_t key = 0; key < part.columns.size(); key++) columns[key] += part.columns[key];
      for (int bin = 0; bin < kDistanceBins; bin++) distance[bin] += part.distance[bin];
      if (p.histogram != nullptr)
        for (int bin = 0; bin < kHistogramBins; bin++) p.histogram[head * kHistogramBins + bin] += part.histogram[bin];
      p.maskedRows[head] += part.maskedRows;
    }
  });
  return true;
}

bool runTile(const TileProblem &p, const Implementation &implementation) {
  std::vector<float> keys, minusKeys;
  implementation.packKeys(p, p.map, keys);
  if (p.minus.q != nullptr) implementation.packKeys(p, p.minus, minusKeys);
  // Small tiles are done before another thread has started.
  const double work = static_cast<double>(p.rowEnd - p.rowStart) * static_cast<double>(p.keyEnd - p.keyStart);
  const int threads = work < 1 << 18 ? 1 : p.threads;
  const int64_t rows = p.texelRows(), chunk = std::max<int64_t>(1, rows / (threads * 8));
  const int64_t tasks = (rows + chunk - 1) / chunk;
  inParallel(threads, tasks, [&](int64_t task) {
    const int64_t start = (tasks - 1 - task) * chunk;
    implementation.tileRows(p, keys, minusKeys, start, std::min(rows, start + chunk));
  });
  return __atomic_load_n(p.cancel, __ATOMIC_RELAXED) == 0;
}

void runRows(const RowProblem &p, const RowImplementation &implementation) {
  implementation.pack(p, p.packedKeys, p.queryEnd);
  const int64_t heads = p.headEnd - p.headStart, queries = p.queryEnd - p.queryStart;
  // Sums go through the queries in their order.
  const int64_t chunk = p.kind == RowProblem::kSums ? queries : kRowChunk;
  const int64_t chunks = (queries + chunk - 1) / chunk;
  const double work = static_cast<double>(heads * queries) * static_cast<double>(p.queryEnd * p.headDim);
  inParallel(work < kLeastRowWork ? 1 : p.threads, heads * chunks, [&](int64_t task) {
    const int64_t start = p.queryStart + task % chunks * chunk;
    implementation.rows(p, p.headStart + task / chunks, start, std::min(p.queryEnd, start + chunk));
  });
}

void runNearest(const NearestProblem &p, const RowImplementation &implementation) {
  PackedCentres centres;
  implementation.packCentres(p, centres);
  const double work = static_cast<double>(p.pointCount) * static_cast<double>(p.centreCount * p.width);
  const int64_t tasks = (p.pointCount + kPointChunk - 1) / kPointChunk;
  inParallel(work < kLeastRowWork ? 1 : p.threads, tasks, [&](int64_t task) {
    implementation.nearest(p, centres, task * kPointChunk, std::min(p.pointCount, (task + 1) * kPointChunk));
  });
}

void runLargest(const LargestProblem &p) {
  const double work = static_cast<double>(p.rows) * static_cast<double>(p.width);
  const int64_t chunks = (p.rows + kRowChunk - 1) / kRowChunk;
  inParallel(work < kLeastLargestWork ? 1 : p.threads, chunks, [&](int64_t chunk) {
    const std::unique_ptr<double[]> scratch(new double[2 * p.width]);
    for (int64_t row = chunk * kRowChunk; row < std::min(p.rows, (chunk + 1) * kRowChunk); row++)
      largestOf(p.values + row * p.width, p.width, p.count, scratch.get(), p.out + row * p.count);
  });
}

}  // namespace headscope
