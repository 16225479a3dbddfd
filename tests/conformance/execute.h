// Runs a graph without an engine around it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/aligned_memory.h"
#include "engine/executor.h"

namespace ingle {

// What a graph gives for tokens that follow nothing, all rows.
inline std::vector<float> ExecuteGraph(Graph graph, DeviceKind device,
                                       const std::vector<int32_t>& tokens) {
  WorkerPool pool(1);
  const auto count = static_cast<uint32_t>(tokens.size());
  const auto made = MakeExecutor(std::move(graph), {device, count, DType::kF32}, pool);
  if (!made) {
    ADD_FAILURE() << made.error().message();
    return {};
  }
  const CacheLayout& layout = (*made)->device->cache();
  const uint64_t pages = (count + layout.page_tokens - 1) / layout.page_tokens;
  const AlignedMemory cache = AllocateAligned(pages * layout.page_bytes);
  const AlignedMemory state = AllocateAligned(layout.state_bytes);
  std::fill_n(state.get(), layout.state_bytes, std::byte{0});
  std::vector<std::byte*> places;
  for (uint64_t i = 0; i < pages; ++i) places.push_back(cache.get() + i * layout.page_bytes);

  std::vector<int32_t> positions(tokens.size());
  std::iota(positions.begin(), positions.end(), 0);
  const SequenceSlice all{0, count, 0, places, state.get()};
  std::vector<float> values(count * (*made)->columns());
  EXPECT_TRUE((*made)->device->Execute({tokens, positions, positions, {&all, 1}, values}));
  return values;
}

}  // namespace ingle
