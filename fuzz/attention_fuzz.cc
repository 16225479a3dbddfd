// A block of queries against a cache of one type: every attention kernel against the last of the
// table, which defines what is right, and each of a block's queries alone. The fuzzer chooses the
// shapes, what a query sees, what is done to scores, and how memory lies. Numbers are those of the
// unit test, by a seed, as its tolerance is for those.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernel_fuzzing.h"
#include "kernels/attention/attention.h"
#include "kernels/attention/cache_row.h"
#include "kernels/emulated_testing.h"
#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

using Floats = std::vector<float>;

// Kernels for reading take numbers as sums of two BF16, of 2^-16, and queries of a quantized cache
// as they are, where others round them to eight bits.
float ToleranceOf(const AttentionKernel& kernel, CacheType type) {
  if (!kernel.for_reading) return 1e-5f;
  return IsRotated(type) ? 5e-2f : 1e-4f;
}

// A power of two, for kernels multiply queries by it before or after these are rounded to eight
// bits: by another number a tie could be rounded in two ways. It keeps scores near 1, too.
constexpr float kScale = 0.125f;

// More than any kernel takes as one block.
constexpr size_t kMostRows = 160;

struct Problem {
  CacheType type;
  size_t group, key_size, value_size;
  size_t first, tokens, positions;
  size_t window;
  bool both_ways, rounds_bias;
  float softcap;
  Floats slopes, queries;  // no slopes: no biases
  size_t page_offset, query_offset, scratch_offset, output_offset;
  std::vector<Placed<std::byte>> pages;
};

void ChooseShape(FuzzedBytes& bytes, Problem& p) {
  p.type = static_cast<CacheType>(bytes.Number(4));
  const size_t unit = IsRotated(p.type) ? kCacheBlock : 1;
  const size_t most = IsRotated(p.type) ? 4 : 130;
  p.key_size = unit * (1 + bytes.Number(most));
  p.value_size = unit * (1 + bytes.Number(most));
  p.group = 1 + bytes.Number(8);
  p.tokens = 1 + bytes.Number(kMostRows / p.group);
  // Some begin in a later chunk, or shortly before.
  p.first = bytes.Number(70) + (kAttentionChunk - 35) * bytes.Number(2);
  p.both_ways = bytes.Flag();
  p.positions = p.first + p.tokens + (p.both_ways ? bytes.Number(70) : 0);
}

void ChooseScores(FuzzedBytes& bytes, Problem& p) {
  p.window = bytes.Flag() ? 1 + bytes.Number(200) : 0;
  p.softcap = bytes.Flag() ? 5.0f : 0;
  p.rounds_bias = bytes.Flag();
  // Of those ahead the bias would make scores so large that the tolerance is no longer theirs.
  if (bytes.Flag() && !p.both_ways) {
    for (size_t head = 0; head < p.group; ++head) {
      p.slopes.push_back(1 / static_cast<float>(size_t{2} << head));
    }
  }
}

void FillPages(Problem& p, uint32_t seed) {
  const Floats keys = RandomFloats(p.positions * p.key_size, seed);
  const Floats values = RandomFloats(p.positions * p.value_size, seed + 1);
  const size_t value_offset = CacheHeadBytes(p.type, p.key_size);
  // What is not written of a page may be anything.
  const std::vector<std::byte> unwritten(value_offset + CacheHeadBytes(p.type, p.value_size),
                                         std::byte{0xFF});
  Floats scratch(std::max(p.key_size, p.value_size));
  for (size_t i = 0; i < p.positions; ++i) {
    const size_t slot = i % kPageTokens;
    if (slot == 0) p.pages.emplace_back(p.page_offset, unwritten);
    std::byte* page = p.pages.back().data();
    StoreKey({p.type, page, slot, p.key_size}, keys.data() + i * p.key_size, scratch.data());
    StoreValue({p.type, page + value_offset, slot, p.value_size}, values.data() + i * p.value_size,
               scratch.data());
  }
}

Problem MakeProblem(FuzzedBytes& bytes) {
  Problem p{};
  ChooseShape(bytes, p);
  ChooseScores(bytes, p);
  p.page_offset = bytes.Number(16);
  p.query_offset = bytes.Number(16);
  p.scratch_offset = bytes.Number(16);
  p.output_offset = bytes.Number(16);
  const auto seed = static_cast<uint32_t>(bytes.Number(256));
  FillPages(p, 3 * seed);
  p.queries = RandomFloats(p.tokens * p.group * p.key_size, 3 * seed + 2);
  return p;
}

// [tokens, group, value_size], of the block's queries from `from` on.
Floats Compute(const AttentionKernel& kernel, const Problem& p, size_t from, size_t tokens) {
  const Placed<float> queries(p.query_offset, p.queries);
  Placed<float> output(p.output_offset, Floats(tokens * p.group * p.value_size, -1.0f));
  Placed<float> scratch(p.scratch_offset, Floats(BlockScratch(kernel, p.key_size, p.value_size)));
  std::vector<const std::byte*> pages;
  for (const Placed<std::byte>& page : p.pages) pages.push_back(page.data());
  AttentionTask task{};
  task.query_stride = p.group * p.key_size;
  task.output_stride = p.group * p.value_size;
  task.group = p.group;
  task.key_size = p.key_size;
  task.value_size = p.value_size;
  task.scale = kScale;
  task.window = p.window;
  task.all_positions = p.both_ways ? p.positions : 0;
  task.softcap = p.softcap;
  task.slopes = p.slopes.empty() ? nullptr : p.slopes.data();
  task.rounds_bias = p.rounds_bias;
  task.pages = pages.data();
  task.type = p.type;
  task.value_offset = CacheHeadBytes(p.type, p.key_size);
  task.scratch = scratch.data();
  for (size_t t = 0; t < tokens; t += task.tokens) {
    task.tokens = std::min(tokens - t, kernel.most_rows / p.group);
    task.queries = queries.data() + (from + t) * task.query_stride;
    task.output = output.data() + t * task.output_stride;
    task.first_position = p.first + from + t;
    AttendBlock(kernel, task);
  }
  Check(output.intact() && scratch.intact());
  return {output.data(), output.data() + output.size()};
}

// Those made of lanes have the same bits, however many lanes.
bool IsOfLanes(const AttentionKernel& kernel) { return kernel.needs != 0 && !kernel.for_reading; }

void CheckKernel(const AttentionKernel& kernel, const Problem& p, const Floats& want,
                 Floats& of_lanes) {
  const Floats got = Compute(kernel, p, 0, p.tokens);
  if (IsOfLanes(kernel) && of_lanes.empty()) of_lanes = got;
  for (size_t i = 0; i < got.size() && IsOfLanes(kernel); ++i) {
    Check(SameBits(got[i], of_lanes[i]));
  }
  for (size_t i = 0; i < want.size(); ++i)
    Check(std::fabs(got[i] - want[i]) <= ToleranceOf(kernel, p.type));
  const Floats alone = Compute(kernel, p, p.tokens - 1, 1);
  const size_t at = got.size() - alone.size();
  for (size_t i = 0; i < alone.size(); ++i) Check(SameBits(alone[i], got[at + i]));
}

}  // namespace
}  // namespace ingle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingle::FuzzedBytes bytes{{reinterpret_cast<const char*>(data), size}};
  const ingle::Problem problem = ingle::MakeProblem(bytes);
  static const auto kernels =
      ingle::RunnableOf(ingle::AttentionKernels(), ingle::Emulated().attention);
  const auto want = ingle::Compute(kernels.back(), problem, 0, problem.tokens);
  ingle::Floats of_lanes;
  for (const ingle::AttentionKernel& kernel : kernels) {
    ingle::CheckKernel(kernel, problem, want, of_lanes);
  }
  return 0;
}
