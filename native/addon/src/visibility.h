// Which keys the masks that are no plain windows leave. The row's causal range and the layer's window come on top.
#pragma once
#include <algorithm>
#include <cstring>

#include "kernel.h"

namespace headscope {

// visible[key] = 1 or 0 for the keys [0, end) of the query at `position`, which is row `row` of the problem.
static inline void markVisible(const HeadMask &mask, int64_t tokens, int64_t position, int64_t row, int64_t end,
                               uint8_t *visible) {
  switch (mask.kind) {
    case HeadMask::kSinkWindow: {
      std::memset(visible, 0, end);
      std::memset(visible, 1, std::min<int64_t>(mask.first, end));
      const int64_t near = std::max<int64_t>(0, position - mask.second + 1);
      if (near < end) std::memset(visible + near, 1, end - near);
      return;
    }
    case HeadMask::kKeptKeys: {
      std::memset(visible, 1, end);
      if (position < mask.first) return;
      const int64_t dropped = std::min<int64_t>(mask.first, end);
      std::memset(visible, 0, dropped);
      for (int64_t i = 0; i < mask.keyCount; i++)
        if (mask.keys[i] >= 0 && mask.keys[i] < dropped) visible[mask.keys[i]] = 1;
      return;
    }
    case HeadMask::kBlocks: {
      const int64_t size = mask.first, side = (tokens + size - 1) / size;
      const uint8_t *blocks = mask.blocks + position / size * side;
      for (int64_t start = 0; start < end; start += size)
        std::memset(visible + start, blocks[start / size] != 0, std::min(size, end - start));
      return;
    }
    case HeadMask::kRowKeys:
      std::memset(visible, 0, end);
      for (int32_t i = mask.offsets[row]; i < mask.offsets[row + 1]; i++)
        if (mask.keys[i] >= 0 && mask.keys[i] < end) visible[mask.keys[i]] = 1;
  }
}

}  // namespace headscope
