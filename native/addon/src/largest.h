// The largest of many numbers, as native/methods/choose.ts chooses them: of equal ones the first.
#pragma once
#include <cstdint>

namespace headscope {

constexpr int64_t kSample = 16;  // numbers that a pivot is chosen among

// Where the n-th largest of `size` values is to be expected, by some of them.
static inline double pivotOf(const double *values, int64_t size, int64_t n) {
  if (size < 2 * kSample) return values[size / 2];
  double sample[kSample];
  for (int64_t i = 0; i < kSample; i++) {
    const double x = values[size * i / kSample];
    int64_t at = i;
    for (; at > 0 && sample[at - 1] < x; at--) sample[at] = sample[at - 1];
    sample[at] = x;
  }
  const int64_t rank = n * kSample / size;
  return sample[rank < kSample ? rank : kSample - 1];
}

// The n-th largest, from 1. Both arrays have room for `size` numbers; the first holds the values and is written to.
// Which part a number goes to is counted, not branched on: no processor foresees it.
static inline double nthLargest(double *values, double *spare, int64_t size, int64_t n) {
  for (;;) {
    const double pivot = pivotOf(values, size, n);
    int64_t above = 0, below = 0;
    for (int64_t i = 0; i < size; i++) {
      const double x = values[i];
      values[above] = x;
      spare[below] = x;
      above += x > pivot;
      below += x < pivot;
    }
    if (n <= above) {
      size = above;
    } else if (n <= size - below) {
      return pivot;
    } else {
      n -= size - below;
      size = below;
      double *const other = values;
      values = spare;
      spare = other;
    }
  }
}

// Indices of the `count` largest of `width` values, ascending; 0 < count < width. `scratch`: room for 2 x width numbers.
static inline void largestOf(const double *values, int64_t width, int64_t count, double *scratch, int32_t *out) {
  for (int64_t i = 0; i < width; i++) scratch[i] = values[i];
  const double threshold = nthLargest(scratch, scratch + width, width, count);
  int64_t above = 0, at = 0;
  for (int64_t i = 0; i < width; i++) above += values[i] > threshold;
  int64_t equal = count - above;
  // Nothing is written past the last one: what comes after it is not chosen.
  for (int64_t i = 0; i < width && at < count; i++) {
    const bool ties = values[i] == threshold && equal > 0;
    out[at] = static_cast<int32_t>(i);
    at += (values[i] > threshold) | ties;
    equal -= ties;
  }
}

}  // namespace headscope
