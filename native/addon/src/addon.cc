// The N-API face of the kernel: one call that runs on threads of its own and answers a promise.
#include <node_api.h>

#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "kernel.h"
#include "rows.h"

namespace {

using headscope::Implementation;
using headscope::Problem;

// The best first.
constexpr const char *kImplementations[] = {"avx512", "avx2", "neon", "portable"};

struct Call {
  Problem problem{};
  headscope::TileProblem tile{};
  bool isTile = false;
  const Implementation *implementation = nullptr;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  napi_ref arguments = nullptr;  // keeps the arrays alive
  std::vector<headscope::HeadMask> masks, keptMasks;
  std::vector<headscope::KeyMatch> matches;
  bool finished = false;
  std::string failure;  // what went wrong on the threads; empty = nothing
};

// Reads fields of the one argument. After the first misfit every read gives nothing, and `error` says which.
class Reader {
 public:
  Reader(napi_env env, napi_value object) : env_(env), object_(object) {}

  std::string error;

  double number(const char *name) {
    double value = 0;
    napi_value field = get(name);
    if (field != nullptr && napi_get_value_double(env_, field, &value) != napi_ok) fail(name);
    // What is cast to an integer later must fit it.
    if (!(value >= -2147483647.0 && value <= 2147483647.0)) {
      fail(name);
      return 0;
    }
    return value;
  }

  // The data of a typed array with exactly `length` elements (-1: any number); null for a null field where allowed.
  void *array(const char *name, napi_typedarray_type type, int64_t length, bool nullable = false,
              int64_t *found_length = nullptr) {
    napi_value field = get(name);
    if (field == nullptr) return nullptr;
    napi_valuetype kind;
    napi_typeof(env_, field, &kind);
    if (nullable && kind == napi_null) return nullptr;
    bool isArray = false;
    napi_is_typedarray(env_, field, &isArray);
    napi_typedarray_type found;
    size_t count = 0;
    void *data = nullptr;
    if (!isArray || napi_get_typedarray_info(env_, field, &found, &count, &data, nullptr, nullptr) != napi_ok ||
        found != type || (length >= 0 && static_cast<int64_t>(count) != length)) {
      fail(name);
      return nullptr;
    }
    if (found_length != nullptr) *found_length = static_cast<int64_t>(count);
    return data;
  }

  // Whether a field is null.
  bool isNull(const char *name) {
    napi_value field = get(name);
    napi_valuetype kind = napi_null;
    if (field != nullptr) napi_typeof(env_, field, &kind);
    return kind == napi_null;
  }

  // The masks of all heads, an array of {kind, first, second, keys, offsets, blocks}; empty for null.
  std::vector<headscope::HeadMask> masks(const char *name, const Problem &p) {
    std::vector<headscope::HeadMask> found;
    napi_value list = isNull(name) ? nullptr : get(name);
    if (list == nullptr) return found;
    uint32_t count = 0;
    if (napi_get_array_length(env_, list, &count) != napi_ok || count != p.heads) {
      fail(name);
      return found;
    }
    for (uint32_t i = 0; i < count; i++) {
      napi_value entry;
      napi_get_element(env_, list, i, &entry);
      Reader reader(env_, entry);
      headscope::HeadMask mask{};
      mask.kind = static_cast<int32_t>(reader.number("kind"));
      mask.first = static_cast<int32_t>(reader.number("first"));
      mask.second = static_cast<int32_t>(reader.number("second"));
      if (reader.error.empty() && mask.kind == headscope::HeadMask::kBlocks) {
        const int64_t side = mask.first < 1 ? 0 : (p.tokens + mask.first - 1) / mask.first;
        mask.blocks = static_cast<uint8_t *>(reader.array("blocks", napi_uint8_array, side * side));
        if (mask.first < 1) reader.fail("size");
      } else if (reader.error.empty() && mask.kind != headscope::HeadMask::kSinkWindow) {
        mask.keys = static_cast<int32_t *>(reader.array("keys", napi_int32_array, -1, false, &mask.keyCount));
        if (mask.kind == headscope::HeadMask::kRowKeys) mask.offsets = reader.offsets("offsets", p.rows(), mask.keyCount);
      }
      if (!reader.error.empty() || mask.first < 0 || mask.kind < 0 || mask.kind > headscope::HeadMask::kRowKeys) {
        fail(name);
        return found;
      }
      found.push_back(mask);
    }
    return found;
  }

  // An array of {rows, keys, self, mass}; empty for null.
  std::vector<headscope::KeyMatch> matches(const char *name, const Problem &p) {
    std::vector<headscope::KeyMatch> found;
    napi_value list = isNull(name) ? nullptr : get(name);
    uint32_t count = 0;
    if (list != nullptr && napi_get_array_length(env_, list, &count) != napi_ok) fail(name);
    for (uint32_t i = 0; i < count; i++) {
      napi_value entry;
      napi_get_element(env_, list, i, &entry);
      Reader reader(env_, entry);
      headscope::KeyMatch match{};
      match.rows = static_cast<int32_t *>(reader.array("rows", napi_int32_array, p.rows()));
      match.keys = static_cast<int32_t *>(reader.array("keys", napi_int32_array, p.tokens));
      match.self = reader.number("self") != 0;
      match.mass = static_cast<float *>(reader.array("mass", napi_float32_array, p.heads * p.rows()));
      if (!reader.error.empty()) {
        fail(name);
        return found;
      }
      found.push_back(match);
    }
    return found;
  }

  // Where each row's part of a list of `entries` begins, and the end of the last.
  const int32_t *offsets(const char *name, int64_t rows, int64_t entries) {
    const auto *data = static_cast<int32_t *>(array(name, napi_int32_array, rows + 1));
    if (data == nullptr) return nullptr;
    for (int64_t row = 0; row <= rows; row++) {
      if (data[row] >= (row == 0 ? 0 : data[row - 1]) && data[row] <= entries) continue;
      fail(name);
      return nullptr;
    }
    return data;
  }

  std::string text(const char *name) {
    char buffer[32] = "";
    size_t length = 0;
    napi_value field = get(name);
    if (field != nullptr && napi_get_value_string_utf8(env_, field, buffer, sizeof buffer, &length) != napi_ok) fail(name);
    return buffer;
  }

  void fail(const char *name) {
    if (error.empty()) error = std::string(name) + " does not fit.";
  }

 private:
  napi_value get(const char *name) {
    napi_value field = nullptr;
    if (!error.empty()) return nullptr;
    if (napi_get_named_property(env_, object_, name, &field) != napi_ok) fail(name);
    return error.empty() ? field : nullptr;
  }

  napi_env env_;
  napi_value object_;
};

void execute(napi_env, void *data) {
  Call *call = static_cast<Call *>(data);
  try {
    call->finished = call->isTile ? headscope::runTile(call->tile, *call->implementation)
                                  : headscope::runAttention(call->problem, *call->implementation);
  } catch (const std::exception &error) {
    call->failure = error.what();
  }
}

void complete(napi_env env, napi_status, void *data) {
  std::unique_ptr<Call> call(static_cast<Call *>(data));
  napi_value result;
  if (call->failure.empty()) {
    napi_get_boolean(env, call->finished, &result);
    napi_resolve_deferred(env, call->deferred, result);
  } else {
    napi_value text;
    napi_create_string_utf8(env, call->failure.c_str(), NAPI_AUTO_LENGTH, &text);
    napi_create_error(env, nullptr, text, &result);
    napi_reject_deferred(env, call->deferred, result);
  }
  napi_delete_reference(env, call->arguments);
  napi_delete_async_work(env, call->work);
}

napi_value refuse(napi_env env, const std::string &message) {
  napi_throw_type_error(env, nullptr, message.c_str());
  return nullptr;
}

// Hands a call that was read to a thread of its own, and answers the promise of its end.
napi_value start(napi_env env, napi_value argument, Reader &reader, std::unique_ptr<Call> call) {
  const std::string name = reader.text("implementation");
  if (!reader.error.empty()) return refuse(env, reader.error);
  call->implementation = headscope::findImplementation(name.c_str());
  if (call->implementation == nullptr) return refuse(env, "This processor has no " + name + ".");
  napi_value promise, title;
  napi_create_promise(env, &call->deferred, &promise);
  napi_create_reference(env, argument, 1, &call->arguments);
  napi_create_string_utf8(env, "headscope", NAPI_AUTO_LENGTH, &title);
  napi_create_async_work(env, nullptr, title, execute, complete, call.get(), &call->work);
  napi_queue_async_work(env, call->work);
  call.release();
  return promise;
}

// attend({...}): Promise<boolean>, false when cancelled.
napi_value attend(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1) return refuse(env, "attend takes one object.");
  Reader reader(env, argument);
  auto call = std::make_unique<Call>();
  Problem &p = call->problem;
  p.tokens = static_cast<int64_t>(reader.number("tokens"));
  p.queryStart = static_cast<int64_t>(reader.number("queryStart"));
  p.heads = static_cast<int64_t>(reader.number("heads"));
  p.kvHeads = static_cast<int64_t>(reader.number("kvHeads"));
  p.headDim = static_cast<int64_t>(reader.number("headDim"));
  p.scale = static_cast<float>(reader.number("scale"));
  p.softcap = static_cast<float>(reader.number("softcap"));
  p.window = static_cast<int64_t>(reader.number("window"));
  p.threads = static_cast<int>(reader.number("threads"));
  if (!reader.error.empty()) return refuse(env, reader.error);
  if (p.tokens < 1 || p.queryStart < 0 || p.queryStart >= p.tokens || p.heads < 1 || p.kvHeads < 1 ||
      p.heads % p.kvHeads != 0 || p.headDim < 1 || p.headDim > 1024 || p.window < 1 ||
      p.threads < 1 || !(p.softcap >= 0))
    return refuse(env, "The sizes do not fit together.");
  const int64_t rows = p.rows(), all = p.heads * rows;
  const auto floats = [&](const char *name, int64_t length, bool nullable = false) {
    return static_cast<float *>(reader.array(name, napi_float32_array, length, nullable));
  };
  p.q = floats("q", all * p.headDim);
  p.k = floats("k", p.tokens * p.kvHeads * p.headDim);
  p.v = floats("v", p.tokens * p.kvHeads * p.headDim);
  p.gain = floats("gain", p.heads);
  p.counted = static_cast<uint8_t *>(reader.array("counted", napi_uint8_array, rows, true));
  call->masks = reader.masks("masks", p);
  call->keptMasks = reader.masks("keptMasks", p);
  p.z = floats("z", all * p.headDim, true);
  p.lse = floats("lse", all);
  if (!reader.isNull("entropy")) {
    p.poolBlock = static_cast<int64_t>(reader.number("poolBlock"));
    if (p.poolBlock < 1) return refuse(env, "poolBlock does not fit.");
    const int64_t side = p.poolSide(), pool = p.heads * side * (side + 1) / 2;
    p.entropy = floats("entropy", all);
    p.rowMax = floats("rowMax", all);
    p.meanDistance = floats("meanDistance", all);
    p.sinkMass = floats("sinkMass", all);
    p.localMass = floats("localMass", all * headscope::kLocalWidths);
    p.rowArgmax = static_cast<int32_t *>(reader.array("rowArgmax", napi_int32_array, all));
    p.columnSum = static_cast<double *>(reader.array("columnSum", napi_float64_array, p.heads * p.tokens, true));
    p.distance = static_cast<double *>(reader.array("distance", napi_float64_array, p.heads * headscope::kDistanceBins));
    p.maskedRows = static_cast<int32_t *>(reader.array("maskedRows", napi_int32_array, p.heads));
    p.poolMax = floats("poolMax", pool, p.columnSum == nullptr);
    p.poolSum = floats("poolSum", pool, p.columnSum == nullptr);
    p.sumSquares = floats("sumSquares", all, true);
    if (!reader.isNull("sinkKeys")) {
      p.sinkKeys = static_cast<int32_t *>(reader.array("sinkKeys", napi_int32_array, -1, false, &p.sinkCount));
      for (int64_t i = 0; reader.error.empty() && i < p.sinkCount; i++)
        if (p.sinkKeys[i] < 0 || p.sinkKeys[i] >= p.tokens || (i > 0 && p.sinkKeys[i] <= p.sinkKeys[i - 1])) reader.fail("sinkKeys");
    }
    p.restMass = floats("restMass", all, true);
    p.restEntropy = floats("restEntropy", all, p.restMass == nullptr);
    p.restMeanDistance = floats("restMeanDistance", all, p.restMass == nullptr);
    p.restLocalMass = floats("restLocalMass", all * headscope::kLocalWidths, p.restMass == nullptr);
    p.keyWeights = floats("keyWeights", p.heads * p.tokens, true);
    if (p.keyWeights != nullptr) p.weightedMass = floats("weightedMass", all);
    p.histogram = static_cast<double *>(
        reader.array("histogram", napi_float64_array, p.heads * headscope::kHistogramBins, true));
    // An empty list has no data, but offsets all the same.
    if (!reader.isNull("targetKeys")) {
      int64_t targets = 0;
      p.targetKeys = static_cast<int32_t *>(reader.array("targetKeys", napi_int32_array, -1, false, &targets));
      p.targetOffsets = reader.offsets("targetOffsets", rows, targets);
      p.targetMass = floats("targetMass", all);
    }
    if (!call->keptMasks.empty()) p.keptMass = floats("keptMass", all);
    p.topP = static_cast<float>(reader.number("topP"));
    p.gini = floats("gini", all, true);
    p.topWidth = floats("topWidth", all, p.gini == nullptr);
    call->matches = reader.matches("matches", p);
    p.matches = call->matches.data();
    p.matchCount = static_cast<int64_t>(call->matches.size());
  }
  p.cancel = static_cast<int32_t *>(reader.array("cancel", napi_int32_array, 1));
  p.cells = static_cast<int64_t *>(reader.array("cells", napi_bigint64_array, 1));
  p.masks = call->masks.empty() ? nullptr : call->masks.data();
  p.keptMasks = call->keptMasks.empty() ? nullptr : call->keptMasks.data();
  return start(env, argument, reader, std::move(call));
}

// The map that tiles are cut from: {q, k, lse, layer's scale, softcap and window, head}.
headscope::MapSource readMap(Reader &reader, const headscope::TileProblem &p) {
  headscope::MapSource map{};
  map.q = static_cast<float *>(reader.array("q", napi_float32_array, p.tokens * p.heads * p.headDim));
  map.k = static_cast<float *>(reader.array("k", napi_float32_array, p.tokens * p.kvHeads * p.headDim));
  map.lse = static_cast<float *>(reader.array("lse", napi_float32_array, p.tokens));
  map.head = static_cast<int64_t>(reader.number("head"));
  map.scale = static_cast<float>(reader.number("scale"));
  map.softcap = static_cast<float>(reader.number("softcap"));
  map.window = static_cast<int64_t>(reader.number("window"));
  if (map.head < 0 || map.head >= p.heads) reader.fail("head");
  if (map.window < 1) reader.fail("window");
  map.group = map.head / (p.heads / p.kvHeads);
  return map;
}

// tile({...}): Promise<boolean>, false when cancelled.
napi_value tile(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1) return refuse(env, "tile takes one object.");
  Reader reader(env, argument);
  auto call = std::make_unique<Call>();
  call->isTile = true;
  headscope::TileProblem &p = call->tile;
  const auto whole = [&](const char *name) { return static_cast<int64_t>(reader.number(name)); };
  p.tokens = whole("tokens"), p.heads = whole("heads"), p.kvHeads = whole("kvHeads"), p.headDim = whole("headDim");
  p.rowStart = whole("rowStart"), p.rowEnd = whole("rowEnd"), p.keyStart = whole("keyStart"), p.keyEnd = whole("keyEnd");
  p.skipKeys = whole("skipKeys"), p.columns = whole("columns");
  p.level = static_cast<int32_t>(whole("level")), p.value = static_cast<int32_t>(whole("value"));
  p.reducer = static_cast<int32_t>(whole("reducer")), p.threads = static_cast<int>(whole("threads"));
  if (!reader.error.empty()) return refuse(env, reader.error);
  if (p.tokens < 1 || p.heads < 1 || p.kvHeads < 1 || p.heads % p.kvHeads != 0 || p.headDim < 1 || p.headDim > 1024 ||
      p.rowStart < 0 || p.rowStart >= p.rowEnd || p.rowEnd > p.tokens || p.keyStart < 0 || p.keyStart >= p.keyEnd ||
      p.keyEnd > p.tokens || p.level < 0 || p.level > 24 || p.value < 0 || p.value > 3 || p.reducer < 0 || p.reducer > 2 ||
      p.threads < 1 || p.columns < (p.keyEnd - p.keyStart + (int64_t{1} << p.level) - 1) >> p.level)
    return refuse(env, "The sizes do not fit together.");
  p.values = static_cast<float *>(reader.array("values", napi_float32_array, p.texelRows() * p.columns));
  p.counts = static_cast<float *>(reader.array("counts", napi_float32_array, p.texelRows() * p.columns));
  p.cancel = static_cast<int32_t *>(reader.array("cancel", napi_int32_array, 1));
  napi_value map;
  napi_get_named_property(env, argument, "map", &map);
  Reader mapReader(env, map);
  p.map = readMap(mapReader, p);
  if (!mapReader.error.empty()) return refuse(env, mapReader.error);
  if (!reader.isNull("minus")) {
    napi_get_named_property(env, argument, "minus", &map);
    Reader minusReader(env, map);
    p.minus = readMap(minusReader, p);
    if (!minusReader.error.empty()) return refuse(env, minusReader.error);
  }
  return start(env, argument, reader, std::move(call));
}

// The typed arrays that a function takes, in their order.
template <size_t N>
class Arrays {
 public:
  Arrays(napi_env env, const char *const (&names)[N], const napi_typedarray_type (&types)[N])
      : env_(env), names_(names), types_(types) {}

  // False at the first one that is not there or of another type; that is thrown then.
  bool read(napi_callback_info info) {
    size_t count = N;
    napi_value arguments[N];
    napi_get_cb_info(env_, info, &count, arguments, nullptr, nullptr);
    for (size_t i = 0; i < N; i++) {
      bool isArray = false;
      napi_typedarray_type found;
      size_t length = 0;
      if (i < count) napi_is_typedarray(env_, arguments[i], &isArray);
      if (!isArray || napi_get_typedarray_info(env_, arguments[i], &found, &length, &data_[i], nullptr, nullptr) != napi_ok ||
          found != types_[i]) {
        misfit(i);
        return false;
      }
      lengths_[i] = static_cast<int64_t>(length);
    }
    return true;
  }

  napi_value misfit(size_t i) const { return refuse(env_, std::string(names_[i]) + " does not fit."); }
  int64_t length(size_t i) const { return lengths_[i]; }
  template <typename T>
  T *data(size_t i) const { return static_cast<T *>(data_[i]); }

 private:
  napi_env env_;
  const char *const (&names_)[N];
  const napi_typedarray_type (&types_)[N];
  void *data_[N];
  int64_t lengths_[N];
};

// Runs on this thread; what is thrown becomes an error of JavaScript.
template <typename Work>
napi_value runHere(napi_env env, const Work &work) {
  try {
    work();
  } catch (const std::exception &error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

// Runs on this thread what is exact in one of the implementations, by its number.
template <typename Work>
napi_value runExactly(napi_env env, double number, const Work &work) {
  const headscope::RowImplementation *found =
      number >= 0 && number <= 3 ? headscope::findRows(kImplementations[static_cast<int>(number)]) : nullptr;
  if (found == nullptr) return refuse(env, "This processor has no such implementation.");
  return runHere(env, [&] { work(*found); });
}

// rows(numbers, q, k, packed, keys, out): undefined, once it is done: calls are to be short, and many. `numbers`: see
// native/attention/row-kernel.ts.
napi_value rows(napi_env env, napi_callback_info info) {
  constexpr int64_t kNumbers = 14;
  const char *const names[] = {"numbers", "q", "k", "packed", "keys", "out"};
  const napi_typedarray_type types[] = {napi_float64_array, napi_float32_array, napi_float32_array,
                                        napi_float32_array, napi_int32_array,   napi_float64_array};
  Arrays arrays(env, names, types);
  if (!arrays.read(info)) return nullptr;
  if (arrays.length(0) != kNumbers) return arrays.misfit(0);
  const double *numbers = arrays.data<double>(0);
  headscope::RowProblem p{};
  p.scale = *numbers++;
  int64_t wholes[kNumbers - 1];
  for (int64_t &whole : wholes) {
    const double number = *numbers++;
    if (!(number >= -2147483647.0 && number <= 2147483647.0)) return arrays.misfit(0);
    whole = static_cast<int64_t>(number);
  }
  const int64_t *next = wholes + 1;
  p.threads = static_cast<int>(*next++);
  p.heads = *next++, p.kvHeads = *next++, p.headDim = *next++, p.window = *next++;
  p.kind = static_cast<int32_t>(*next++);
  p.headStart = *next++, p.headEnd = *next++, p.queryStart = *next++, p.queryEnd = *next++;
  p.packedKeys = *next++, p.columns = *next++;
  const bool isListed = p.kind == headscope::RowProblem::kListed, isSums = p.kind == headscope::RowProblem::kSums;
  const int64_t heads = p.headEnd - p.headStart, queries = p.queryEnd - p.queryStart;
  if (p.heads < 1 || p.kvHeads < 1 || p.heads % p.kvHeads != 0 || p.headDim < 1 || p.headDim > 1024 || p.window < 1 ||
      p.headStart < 0 || heads < 1 || p.headEnd > p.heads || p.queryStart < 0 || queries < 1 || p.kind < 0 || p.kind > 3 ||
      p.packedKeys < 0 || p.threads < 1 || (isListed && queries != 1) || p.columns < (isListed || isSums ? 0 : p.queryEnd))
    return refuse(env, "The sizes do not fit together.");
  p.q = arrays.data<float>(1), p.k = arrays.data<float>(2), p.packed = arrays.data<float>(3);
  p.keys = arrays.data<int32_t>(4), p.keyCount = arrays.length(4), p.out = arrays.data<double>(5);
  // At least as many positions as are looked at.
  if (arrays.length(1) < p.queryEnd * p.heads * p.headDim) return arrays.misfit(1);
  if (arrays.length(2) < p.queryEnd * p.kvHeads * p.headDim) return arrays.misfit(2);
  if (arrays.length(3) < (p.queryEnd + 15) / 16 * 16 * p.kvHeads * p.headDim) return arrays.misfit(3);
  for (int64_t i = 0; i < p.keyCount; i++)
    if (p.keys[i] < 0 || p.keys[i] >= p.queryEnd) return arrays.misfit(4);
  if (arrays.length(5) != (isListed ? heads * p.keyCount : heads * (isSums ? 1 : queries) * p.columns)) return arrays.misfit(5);
  return runExactly(env, static_cast<double>(wholes[0]), [&](const headscope::RowImplementation &found) { headscope::runRows(p, found); });
}

// nearest([implementation, threads, width], points, centres, halves, labels): undefined, once it is done.
napi_value nearest(napi_env env, napi_callback_info info) {
  const char *const names[] = {"numbers", "points", "centres", "halves", "labels"};
  const napi_typedarray_type types[] = {napi_float64_array, napi_float64_array, napi_float64_array, napi_float64_array,
                                        napi_int32_array};
  Arrays arrays(env, names, types);
  if (!arrays.read(info)) return nullptr;
  const double *numbers = arrays.data<double>(0);
  if (arrays.length(0) != 3 || !(numbers[1] >= 1 && numbers[1] <= 1024) || !(numbers[2] >= 1 && numbers[2] <= 1024)) return arrays.misfit(0);
  headscope::NearestProblem p{};
  p.threads = static_cast<int>(numbers[1]), p.width = static_cast<int64_t>(numbers[2]);
  p.points = arrays.data<double>(1), p.pointCount = arrays.length(4);
  p.centres = arrays.data<double>(2), p.halves = arrays.data<double>(3), p.centreCount = arrays.length(3);
  p.labels = arrays.data<int32_t>(4);
  if (arrays.length(1) != p.pointCount * p.width) return arrays.misfit(1);
  if (arrays.length(2) != p.centreCount * p.width) return arrays.misfit(2);
  return runExactly(env, numbers[0], [&](const headscope::RowImplementation &found) { headscope::runNearest(p, found); });
}

// largest([threads, width, count], values, out): undefined, once it is done.
napi_value largest(napi_env env, napi_callback_info info) {
  const char *const names[] = {"numbers", "values", "out"};
  const napi_typedarray_type types[] = {napi_float64_array, napi_float64_array, napi_int32_array};
  Arrays arrays(env, names, types);
  if (!arrays.read(info)) return nullptr;
  const double *numbers = arrays.data<double>(0);
  const auto isSize = [](double number) { return number >= 1 && number <= 2147483647.0; };
  if (arrays.length(0) != 3 || !isSize(numbers[0]) || !isSize(numbers[1]) || !isSize(numbers[2])) return arrays.misfit(0);
  headscope::LargestProblem p{};
  p.threads = static_cast<int>(numbers[0]), p.width = static_cast<int64_t>(numbers[1]), p.count = static_cast<int64_t>(numbers[2]);
  p.values = arrays.data<double>(1), p.out = arrays.data<int32_t>(2), p.rows = arrays.length(1) / p.width;
  if (p.count >= p.width) return arrays.misfit(0);
  if (p.rows * p.width != arrays.length(1)) return arrays.misfit(1);
  if (p.rows * p.count != arrays.length(2)) return arrays.misfit(2);
  return runHere(env, [&] { headscope::runLargest(p); });
}

// release(arrayBuffer): frees what it holds at once, instead of when garbage is collected. It is of length 0 afterwards.
napi_value release(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value buffer;
  napi_get_cb_info(env, info, &count, &buffer, nullptr, nullptr);
  bool isBuffer = false;
  if (count == 1) napi_is_arraybuffer(env, buffer, &isBuffer);
  if (!isBuffer || napi_detach_arraybuffer(env, buffer) != napi_ok) return refuse(env, "release takes an ArrayBuffer.");
  return nullptr;
}

// implementations(): string[], the best first.
napi_value implementations(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array(env, &list);
  uint32_t at = 0;
  for (const char *name : kImplementations) {
    if (headscope::findImplementation(name) == nullptr) continue;
    napi_value text;
    napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text);
    napi_set_element(env, list, at++, text);
  }
  return list;
}

}  // namespace

NAPI_MODULE_INIT() {
  const auto add = [&](const char *name, napi_callback callback) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  };
  add("attend", attend);
  add("tile", tile);
  add("rows", rows);
  add("nearest", nearest);
  add("largest", largest);
  add("release", release);
  add("implementations", implementations);
  return exports;
}
