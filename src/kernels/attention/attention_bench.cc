// Attention of one token (decode) and of a block of them (prefill) at several depths, one key head.
// Items are multiplications and additions, two each; bytes are those of the cache.
#include "kernels/attention/attention.h"

#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

namespace ingle {
namespace {

constexpr std::pair<CacheType, const char*> kTypes[] = {{CacheType::kF32, "f32"},
                                                        {CacheType::kF16, "f16"},
                                                        {CacheType::kQ8_0, "q8_0"},
                                                        {CacheType::kQ4_0, "q4_0"}};

// Ranges: 1 for a block of tokens, positions before it, size of a head, query heads.
void Run(benchmark::State& state, const AttentionKernel& kernel, CacheType type) {
  const auto depth = static_cast<size_t>(state.range(1));
  const auto head_size = static_cast<size_t>(state.range(2));
  const auto group = static_cast<size_t>(state.range(3));
  const size_t tokens = state.range(0) == 0 ? 1 : kernel.most_rows / group;
  const size_t page_bytes = 2 * CacheHeadBytes(type, head_size);
  const size_t pages = (depth + tokens + kPageTokens - 1) / kPageTokens;
  const std::vector<std::byte> memory(pages * page_bytes);
  std::vector<const std::byte*> table;
  for (size_t i = 0; i < pages; ++i) table.push_back(memory.data() + i * page_bytes);
  const std::vector<float> queries(tokens * group * head_size);
  std::vector<float> output(queries.size());
  std::vector<float> scratch(BlockScratch(kernel, head_size, head_size));

  AttentionTask task{};
  task.queries = queries.data();
  task.query_stride = group * head_size;
  task.output = output.data();
  task.output_stride = group * head_size;
  task.tokens = tokens;
  task.first_position = depth;
  task.group = group;
  task.key_size = head_size;
  task.value_size = head_size;
  task.scale = 0.125f;
  task.pages = table.data();
  task.value_offset = page_bytes / 2;
  task.type = type;
  task.scratch = scratch.data();
  for (auto _ : state) {
    AttendBlock(kernel, task);
    benchmark::ClobberMemory();
  }
  const auto times = static_cast<double>(state.iterations());
  const double positions = times * static_cast<double>(depth);
  state.SetItemsProcessed(static_cast<int64_t>(positions * 4) *
                          static_cast<int64_t>(tokens * group * head_size));
  state.SetBytesProcessed(static_cast<int64_t>(positions / kPageTokens) *
                          static_cast<int64_t>(page_bytes));
}

[[maybe_unused]] const bool registered = [] {
  for (const AttentionKernel& kernel : AttentionKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    for (const auto& [type, type_name] : kTypes) {
      const std::string name = std::string("attention/") + kernel.name + "/" + type_name;
      benchmark::RegisterBenchmark(name.c_str(), [&kernel, type](benchmark::State& state) {
        Run(state, kernel, type);
      })->ArgsProduct({{0, 1}, {256, 2048, 8192}, {64, 128}, {1, 4, 8}});
    }
  }
  return true;
}();

}  // namespace
}  // namespace ingle
