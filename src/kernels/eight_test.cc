// What is written once for eight floats side by side gives the same bits on every instruction set
// that has them: those of this list.
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "base/fnv1a.h"
#include "kernels/attention/attention.h"
#include "kernels/attention/cache_row.h"
#include "kernels/elementwise/elementwise.h"
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

uint64_t HashOf(const Floats& values) { return Fnv1a(std::as_bytes(std::span(values))); }

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

TEST(ByEight, Activations) {
  const ElementwiseKernels* kernels = ByEight(ElementwiseTable());
  if (kernels == nullptr) GTEST_SKIP();
  const Floats x = Numbers(kCount, 1);
  const Floats up = Numbers(kCount, 2);
  Floats all;
  for (int kind = 0; kind <= static_cast<int>(ActivationKind::kSoftplus); ++kind) {
    Floats y(kCount);
    kernels->activate({static_cast<ActivationKind>(kind), x.data(), y.data(), kCount});
    all.insert(all.end(), y.begin(), y.end());
    kernels->glu(
        {static_cast<ActivationKind>(kind), 3, 0.5f, x.data(), up.data(), y.data(), kCount});
    all.insert(all.end(), y.begin(), y.end());
  }
  EXPECT_EQ(HashOf(all), 0x538FF83349800D3Du);
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
  EXPECT_EQ(HashOf(y), 0x0DEBF9873DF04A85u);
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
  EXPECT_EQ(HashOf(y), 0x209F7AE8078E5702u);
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

// A block of queries against one chunk of a cache of this type.
Floats Attend(const AttentionKernel& kernel, CacheType type) {
  constexpr size_t kPositions = 75, kTokens = 5, kGroup = 3, kSize = 64;
  const size_t head_bytes = CacheHeadBytes(type, kSize);
  const size_t pages = (kPositions + kPageTokens - 1) / kPageTokens;
  std::vector<std::byte> memory(pages * 2 * head_bytes);
  const Floats rows = Numbers(2 * kPositions * kSize, 1);
  Floats row_scratch(kSize);
  for (size_t i = 0; i < kPositions; ++i) {
    std::byte* page = memory.data() + i / kPageTokens * 2 * head_bytes;
    const float* key = rows.data() + 2 * i * kSize;
    StoreKey({type, page, i % kPageTokens, kSize}, key, row_scratch.data());
    StoreValue({type, page + head_bytes, i % kPageTokens, kSize}, key + kSize, row_scratch.data());
  }
  std::vector<const std::byte*> table;
  for (size_t i = 0; i < pages; ++i) table.push_back(memory.data() + i * 2 * head_bytes);
  const Floats queries = Numbers(kTokens * kGroup * kSize, 2);
  Floats output(queries.size());
  Floats scratch(BlockScratch(kSize, kSize));
  AttentionTask task{};
  task.queries = queries.data();
  task.output = output.data();
  task.query_stride = task.output_stride = kGroup * kSize;
  task.tokens = kTokens;
  task.first_position = kPositions - kTokens;
  task.group = kGroup;
  task.key_size = task.value_size = kSize;
  task.scale = 0.03f;
  task.softcap = 20;
  task.pages = table.data();
  task.value_offset = head_bytes;
  task.type = type;
  task.scratch = scratch.data();
  AttendBlock(kernel, task);
  return output;
}

TEST(ByEight, Attention) {
  const AttentionKernel* kernel = ByEight(AttentionKernels());
  if (kernel == nullptr) GTEST_SKIP();
  EXPECT_EQ(HashOf(Attend(*kernel, CacheType::kF32)), 0x77CDAD715EBA0F9Eu);
  EXPECT_EQ(HashOf(Attend(*kernel, CacheType::kF16)), 0xFAE2B230A6411865u);
  EXPECT_EQ(HashOf(Attend(*kernel, CacheType::kQ8_0)), 0x26C7EAC2A5D09114u);
  EXPECT_EQ(HashOf(Attend(*kernel, CacheType::kQ4_0)), 0xEB1738BCC901BC11u);
}

}  // namespace
}  // namespace ingle
