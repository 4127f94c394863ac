#include <algorithm>
#include <cstring>
#include <memory>
#include <thread>

#include "kernel.h"

namespace headscope {

namespace portable {
extern const Implementation implementation;
}
#if defined(HEADSCOPE_X86)
namespace avx512 {
extern const Implementation implementation;
}
namespace avx2 {
extern const Implementation implementation;
}
#endif

const Implementation *findImplementation(const char *name) {
#if defined(HEADSCOPE_X86)
  if (std::strcmp(name, "avx512") == 0) return __builtin_cpu_supports("avx512f") ? &avx512::implementation : nullptr;
  if (std::strcmp(name, "avx2") == 0)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2::implementation : nullptr;
#endif
  return std::strcmp(name, "portable") == 0 ? &portable::implementation : nullptr;
}

const Implementation *bestImplementation() {
  for (const char *name : {"avx512", "avx2"})
    if (const Implementation *found = findImplementation(name)) return found;
  return findImplementation("portable");
}

// Threads take the tasks in order. What a task computes does not depend on who takes it.
template <typename Work>
static void inParallel(int threads, int64_t tasks, const Work &work) {
  std::atomic<int64_t> next{0};
  const auto loop = [&] {
    for (int64_t task; (task = next.fetch_add(1)) < tasks;) work(task);
  };
  std::vector<std::thread> others;
  for (int64_t i = 1; i < std::min<int64_t>(threads, tasks); i++) others.emplace_back(loop);
  loop();
  for (std::thread &other : others) other.join();
}

bool runAttention(const Problem &p, const Implementation &implementation) {
  const int64_t perGroup = p.heads / p.kvHeads, rows = p.rows();
  std::vector<PackedGroup> groups(p.kvHeads);
  inParallel(p.threads, p.kvHeads, [&](int64_t group) { implementation.pack(p, group, groups[group]); });

  // Late rows see most keys: their segments are handed out first, so that no thread ends up alone with one.
  const int64_t segments = (rows + kSegmentRows - 1) / kSegmentRows;
  const int64_t tasks = segments * p.heads;
  std::vector<std::unique_ptr<float[]>> columns(tasks);
  inParallel(p.threads, tasks, [&](int64_t task) {
    const int64_t segment = segments - 1 - task / p.heads, head = task % p.heads;
    auto &sums = columns[head * segments + segment];
    sums = std::make_unique<float[]>(p.tokens);
    Scratch scratch;
    const int64_t start = segment * kSegmentRows;
    implementation.attend(p, groups[head / perGroup], {head, start, std::min(rows, start + kSegmentRows), sums.get()}, scratch);
  });
  if (__atomic_load_n(p.cancel, __ATOMIC_RELAXED) != 0) return false;
  inParallel(p.threads, p.heads, [&](int64_t head) {
    for (int64_t segment = 0; segment < segments; segment++) {
      const float *sums = columns[head * segments + segment].get();
      for (int64_t key = 0; key < p.tokens; key++) p.columnSum[head * p.tokens + key] += sums[key];
    }
  });
  return true;
}

}  // namespace headscope
