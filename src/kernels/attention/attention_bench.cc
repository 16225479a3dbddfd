// Attention of one query (decode) and of a block of them (prefill) at several depths.
// Items are pairs of a query and a position.
#include "kernels/attention/attention.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace ingle {
namespace {

constexpr size_t kHeadSize = 64;
constexpr size_t kGroup = 4;
constexpr size_t kPageTokens = 32;

void Run(benchmark::State& state, const AttentionKernel& kernel) {
  const auto tokens = static_cast<size_t>(state.range(0));
  const auto depth = static_cast<size_t>(state.range(1));
  const size_t page_bytes = 2 * kPageTokens * kHeadSize * sizeof(uint16_t);
  const size_t pages = (depth + tokens + kPageTokens - 1) / kPageTokens;
  const std::vector<std::byte> memory(pages * page_bytes);
  std::vector<const std::byte*> table;
  for (size_t i = 0; i < pages; ++i) table.push_back(memory.data() + i * page_bytes);
  const std::vector<float> queries(tokens * kGroup * kHeadSize);
  std::vector<float> output(queries.size());
  std::vector<float> scratch(AttentionScratch(kPageTokens, kHeadSize, kHeadSize));

  AttentionTask task{};
  task.queries = queries.data();
  task.query_stride = kGroup * kHeadSize;
  task.output = output.data();
  task.output_stride = kGroup * kHeadSize;
  task.tokens = tokens;
  task.first_position = depth;
  task.group = kGroup;
  task.key_size = kHeadSize;
  task.value_size = kHeadSize;
  task.scale = 0.125f;
  task.pages = table.data();
  task.page_tokens = kPageTokens;
  task.value_offset = page_bytes / 2;
  task.half = true;
  task.scratch = scratch.data();
  for (auto _ : state) {
    kernel.run(task);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) *
                          static_cast<int64_t>(tokens * kGroup * depth));
}

[[maybe_unused]] const bool registered = [] {
  for (const AttentionKernel& kernel : AttentionKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    const std::string name = std::string("attention/") + kernel.name;
    benchmark::RegisterBenchmark(name.c_str(), [&kernel](benchmark::State& state) {
      Run(state, kernel);
    })->ArgsProduct({{1, 16}, {256, 2048}});
  }
  return true;
}();

}  // namespace
}  // namespace ingle
