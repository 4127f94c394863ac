// Rows of attention in float64, bit for bit as native/methods/rows.ts computes them: methods choose by them, and what they
// choose must not depend on the addon. Each product is summed in the order of the dimensions and each row in the order of
// its keys; e^x is that of fdlibm, as in JavaScript engines. What is done side by side are keys, rows and heads.
#pragma once
#include <cstdint>
#include <vector>

namespace headscope {

struct RowProblem {
  // Of each query what is kept: its scores, its probabilities, their sums over queries, or those over listed keys alone.
  enum Kind : int32_t { kScores = 0, kProbabilities = 1, kSums = 2, kListed = 3 };
  int64_t heads, kvHeads, headDim;
  double scale;
  int64_t window;  // keys that a query sees, itself included
  int64_t headStart, headEnd, queryStart, queryEnd;
  int32_t kind;
  const float *q;  // [tokens, heads x dh]
  const float *k;  // [tokens, kvHeads x dh]
  // [panel][group][dh][16]: the caller's, so that keys are packed once for all calls. Those before packedKeys are there.
  float *packed;
  int64_t packedKeys;
  const int32_t *keys;  // listed: of positions up to the query, which is the only one
  int64_t keyCount;
  // Scores, probabilities: [heads, queries, columns], of which positions up to the query are written. Sums: [heads, columns],
  // added to, without the keys after the last column. Listed: [heads, keys].
  double *out;
  int64_t columns;
  int threads;
};

// To each point the first of the centres with the largest x.c - |c|^2 / 2, summed from the half on.
struct NearestProblem {
  const double *points;   // [points, width]
  const double *centres;  // [centres, width]
  const double *halves;   // |c|^2 / 2 of each centre
  int64_t pointCount, centreCount, width;
  int32_t *labels;        // [points]
  int threads;
};

// Of each row the indices of its largest values, ascending; of equal ones the first.
struct LargestProblem {
  const double *values;  // [rows, width]
  int64_t rows, width, count;  // 0 < count < width
  int32_t *out;                // [rows, count]
  int threads;
};

// Keys [start, end) into their panels.
using PackRowKeysFn = void (*)(const RowProblem &, int64_t start, int64_t end);
// Queries [start, end) of one head.
using HeadRowsFn = void (*)(const RowProblem &, int64_t head, int64_t start, int64_t end);

// [panel][width][16] and [panel][16]: centres past the last one are nearest to nothing.
struct PackedCentres {
  std::vector<double> values, halves;
};
using PackCentresFn = void (*)(const NearestProblem &, PackedCentres &);
// Points [start, end).
using NearestFn = void (*)(const NearestProblem &, const PackedCentres &, int64_t start, int64_t end);

struct RowImplementation {
  const char *name;
  PackRowKeysFn pack;
  HeadRowsFn rows;
  PackCentresFn packCentres;
  NearestFn nearest;
};

// Of the same names as findImplementation's.
const RowImplementation *findRows(const char *name);
void runRows(const RowProblem &, const RowImplementation &);
void runNearest(const NearestProblem &, const RowImplementation &);
void runLargest(const LargestProblem &);

}  // namespace headscope
