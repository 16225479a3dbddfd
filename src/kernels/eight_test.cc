// What is written once for eight floats side by side gives the same bits on every instruction set
// that has them: those of this list.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "base/fnv1a.h"
#include "kernels/attention/attention.h"
#include "kernels/attention/cache_row.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/emulated_testing.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"
#include "kernels/route/route.h"

namespace ingle {
namespace {

using Floats = std::vector<float>;

// From -4 to 4, by arithmetic that is exact everywhere.
Floats Numbers(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  Floats values(count);
  for (float& value : values) value = static_cast<float>(random() >> 15) / 16384.0f - 4.0f;
  return values;
}

// A NaN's sign and what else it holds are the machine's own.
uint64_t HashOf(Floats values) {
  for (float& value : values) value = std::isnan(value) ? 0.1234f : value;
  return Fnv1a(std::as_bytes(std::span(values)));
}

// The kernel made of eight lanes that this machine has, or null.
template <class Row>
const Row* ByEight(std::span<const Row> table) {
  for (const Row& row : table) {
    const bool is_by_eight = row.needs == kCpuAvx2 || row.needs == kCpuNeon;
    if (is_by_eight && (row.needs & ~UsableCpuFeatures()) == 0) return &row;
  }
  return nullptr;
}

constexpr size_t kCount = 155;  // whole fours of eight, some eights, and an end

// Ends of what exp() has, and what is no number.
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kEdges[] = {0.0f,    -0.0f,   kInfinity, -kInfinity, NAN,   88.7f,  88.73f, -87.3f,
                            -87.34f, -104.0f, 1e-38f,    -1e-45f,    3e38f, 0.625f, -0.625f};

// Sixteen lanes have them as well.
TEST(ByEight, Activations) {
  Floats x = Numbers(kCount, 1);
  std::copy(std::begin(kEdges), std::end(kEdges), x.begin() + 3);
  const Floats up = Numbers(kCount, 2);
  for (const ElementwiseKernels& kernels : RunnableOf(ElementwiseTable(), Emulated().elementwise)) {
    if (kernels.needs == 0) continue;  // scalar
    SCOPED_TRACE(kernels.name);
    Floats all;
    for (int i = 0; i <= static_cast<int>(ActivationKind::kSoftplus); ++i) {
      const auto kind = static_cast<ActivationKind>(i);
      Floats y(kCount);
      kernels.activate({kind, x.data(), y.data(), kCount});
      all.insert(all.end(), y.begin(), y.end());
      kernels.glu({kind, 3, 0.5f, x.data(), up.data(), y.data(), kCount});
      all.insert(all.end(), y.begin(), y.end());
      kernels.glu({kind, 0, 0, x.data(), up.data(), y.data(), kCount});
      all.insert(all.end(), y.begin(), y.end());
    }
    EXPECT_EQ(HashOf(all), 0xA16E8B9989233623u);
  }
}

TEST(ByEight, Norms) {
  const RmsNormKernels* rms = ByEight(RmsNormTable());
  const LayerNormKernel* layer = ByEight(LayerNormKernels());
  if (rms == nullptr || layer == nullptr) GTEST_SKIP();
  const Floats x = Numbers(kCount, 1);
  const Floats weight = Numbers(kCount, 2);
  const Floats bias = Numbers(kCount, 3);
  Floats y(3 * kCount);
  rms->rms_norm({x.data(), weight.data(), 1e-5f, y.data(), kCount});
  rms->rescale({x.data(), bias.data(), 1e-6f, y.data() + kCount, kCount});
  layer->run({x.data(), weight.data(), bias.data(), 1e-5f, y.data() + 2 * kCount, kCount});
  EXPECT_EQ(HashOf(y), 0xAEA7AB42645E9116u);
}

TEST(ByEight, Rotations) {
  const RopeKernels* kernels = ByEight(RopeTable());
  if (kernels == nullptr) GTEST_SKIP();
  const Floats x = Numbers(3 * 64, 1);
  const Floats cosines = Numbers(27, 2);
  const Floats sines = Numbers(27, 3);
  Floats y(2 * x.size());
  kernels->halves({x.data(), y.data(), 3, 64, 27, cosines.data(), sines.data()});
  kernels->interleaved({x.data(), y.data() + x.size(), 3, 64, 27, cosines.data(), sines.data()});
  EXPECT_EQ(HashOf(y), 0x5C07FAA4E5ABEEA4u);
}

TEST(ByEight, Routes) {
  const RouteKernel* kernel = ByEight(RouteKernels());
  if (kernel == nullptr) GTEST_SKIP();
  const Floats logits = Numbers(60, 1);
  Floats y(3 * 16);
  Floats scratch(2 * logits.size());
  for (int scores = 0; scores < 3; ++scores) {
    kernel->run({logits.data(), nullptr, logits.size(), 8, static_cast<RouteScores>(scores), true,
                 1.0f, nullptr, y.data() + 16 * scores, scratch.data()});
  }
  EXPECT_EQ(HashOf(y), 0xEA1ABB8A4E4B4B1Du);
}

TEST(ByEight, ShortConvolution) {
  const RecurrentKernels* kernels = ByEight(RecurrentTable());
  if (kernels == nullptr) GTEST_SKIP();
  constexpr size_t kTokens = 5;
  const Floats x = Numbers(kTokens * kCount, 1);
  const Floats weight = Numbers(kCount * 4, 2);
  const Floats bias = Numbers(kCount, 3);
  Floats state = Numbers(3 * kCount, 4);
  Floats y(kTokens * kCount);
  kernels->short_conv({x.data(), kCount, y.data(), weight.data(), bias.data(), state.data(), kCount,
                       4, kTokens, 0, kCount});
  y.insert(y.end(), state.begin(), state.end());
  EXPECT_EQ(HashOf(y), 0xD8A0675A7A521E04u);
}

TEST(ByEight, SelectiveScan) {
  const RecurrentKernels* kernels = ByEight(RecurrentTable());
  if (kernels == nullptr) GTEST_SKIP();
  constexpr size_t kTokens = 37, kHeads = 4, kGroups = 2, kKey = 19, kValue = 7;
  const Floats x = Numbers(kTokens * kHeads * kValue, 1);
  const Floats dt = Numbers(kTokens * kHeads, 2);
  const Floats b = Numbers(kTokens * kGroups * kKey, 3);
  const Floats c = Numbers(kTokens * kGroups * kKey, 4);
  const Floats a(kHeads, -1.5f);
  const Floats skip = Numbers(kHeads, 5);
  const Floats dt_bias = Numbers(kHeads, 6);
  Floats state = Numbers(kHeads * kValue * kKey, 7);
  Floats y(x.size());
  SelectiveScanTask task{};
  task.x = x.data();
  task.x_stride = task.output_stride = kHeads * kValue;
  task.dt = dt.data();
  task.dt_stride = kHeads;
  task.b = b.data();
  task.c = c.data();
  task.b_stride = task.c_stride = kGroups * kKey;
  task.output = y.data();
  task.a = a.data();
  task.skip = skip.data();
  task.dt_bias = dt_bias.data();
  task.state = state.data();
  task.dt_low = 0.01f;
  task.dt_high = 3;
  task.heads = task.head_end = kHeads;
  task.groups = kGroups;
  task.key_size = kKey;
  task.value_size = kValue;
  task.tokens = kTokens;
  kernels->selective_scan(task);
  y.insert(y.end(), state.begin(), state.end());
  EXPECT_EQ(HashOf(y), 0x3A79704F4130FB65u);
}

TEST(ByEight, DeltaRule) {
  const RecurrentKernels* kernels = ByEight(RecurrentTable());
  if (kernels == nullptr) GTEST_SKIP();
  constexpr size_t kTokens = 5, kHeads = 4, kGroups = 2, kKey = 9, kValue = 43;
  const Floats q = Numbers(kTokens * kGroups * kKey, 1);
  Floats k = Numbers(kTokens * kGroups * kKey, 2);
  for (float& value : k) value /= 8;
  const Floats v = Numbers(kTokens * kHeads * kValue, 3);
  Floats decay = Numbers(kTokens * kHeads, 4);
  for (float& value : decay) value = value > 0 ? -value : value;
  const Floats beta(kTokens * kHeads, 0.5f);
  Floats state = Numbers(kHeads * kKey * kValue, 5);
  Floats y(v.size());
  DeltaRuleTask task{};
  task.q = q.data();
  task.k = k.data();
  task.q_stride = task.k_stride = kGroups * kKey;
  task.v = v.data();
  task.v_stride = task.output_stride = kHeads * kValue;
  task.decay = decay.data();
  task.beta = beta.data();
  task.decay_stride = task.beta_stride = kHeads;
  task.output = y.data();
  task.state = state.data();
  task.heads = task.head_end = kHeads;
  task.groups = kGroups;
  task.key_size = kKey;
  task.value_size = kValue;
  task.tokens = kTokens;
  kernels->delta_rule(task);
  y.insert(y.end(), state.begin(), state.end());
  EXPECT_EQ(HashOf(y), 0xEBCAD6BA5AD5806Du);
}

// What attention depends on beside numbers.
struct Shape {
  size_t tokens, group, size, window;
};
constexpr Shape kSeveralTiles = {5, 3, 64, 0};
constexpr Shape kOneTile = {1, 3, 64, 20};
constexpr Shape kPadded = {2, 2, 40, 0};

// A block of queries against one chunk of a cache of this type.
Floats Attend(const AttentionKernel& kernel, CacheType type, const Shape& shape) {
  constexpr size_t kPositions = 75;
  const auto [tokens, group, size, window] = shape;
  const size_t head_bytes = CacheHeadBytes(type, size);
  const size_t pages = (kPositions + kPageTokens - 1) / kPageTokens;
  std::vector<std::byte> memory(pages * 2 * head_bytes);
  const Floats rows = Numbers(2 * kPositions * size, 1);
  Floats row_scratch(size);
  for (size_t i = 0; i < kPositions; ++i) {
    std::byte* page = memory.data() + i / kPageTokens * 2 * head_bytes;
    const float* key = rows.data() + 2 * i * size;
    StoreKey({type, page, i % kPageTokens, size}, key, row_scratch.data());
    StoreValue({type, page + head_bytes, i % kPageTokens, size}, key + size, row_scratch.data());
  }
  std::vector<const std::byte*> table;
  for (size_t i = 0; i < pages; ++i) table.push_back(memory.data() + i * 2 * head_bytes);
  const Floats queries = Numbers(tokens * group * size, 2);
  Floats output(queries.size());
  Floats scratch(BlockScratch(kernel, size, size));
  AttentionTask task{};
  task.queries = queries.data();
  task.output = output.data();
  task.query_stride = task.output_stride = group * size;
  task.tokens = tokens;
  task.first_position = kPositions - tokens;
  task.group = group;
  task.key_size = task.value_size = size;
  task.scale = 0.03f;
  task.softcap = 20;
  task.window = window;
  task.pages = table.data();
  task.value_offset = head_bytes;
  task.type = type;
  task.scratch = scratch.data();
  AttendBlock(kernel, task);
  return output;
}

// Sixteen lanes have them as well.
TEST(ByEight, Attention) {
  for (const AttentionKernel& kernel : RunnableOf(AttentionKernels(), Emulated().attention)) {
    if (kernel.needs == 0 || kernel.for_reading) continue;  // scalar, or in tiles
    SCOPED_TRACE(kernel.name);
    const auto hash = [&](CacheType type, const Shape& shape) {
      return HashOf(Attend(kernel, type, shape));
    };
    EXPECT_EQ(hash(CacheType::kF32, kSeveralTiles), 0x038BBCCF91460866u);
    EXPECT_EQ(hash(CacheType::kF16, kSeveralTiles), 0x21E1231B1978782Au);
    EXPECT_EQ(hash(CacheType::kQ8_0, kSeveralTiles), 0x2E794F6914BAE692u);
    EXPECT_EQ(hash(CacheType::kQ4_0, kSeveralTiles), 0x3366084487818196u);
    EXPECT_EQ(hash(CacheType::kF16, kOneTile), 0x518331491C919891u);
    EXPECT_EQ(hash(CacheType::kQ8_0, kOneTile), 0x163B7D87A6559C15u);
    EXPECT_EQ(hash(CacheType::kF16, kPadded), 0xC092858A5EF8633Fu);
  }
}

}  // namespace
}  // namespace ingle
