#include "kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "base/half.h"
#include "kernels/attention/cache_row.h"
#include "kernels/emulated_testing.h"
#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

struct Problem {
  size_t positions;
  size_t group, key_size, value_size;
  CacheType type;
  std::vector<float> keys, values, queries;  // [positions, size], [positions, group * size]
  std::vector<std::vector<std::byte>> pages;
  std::vector<const std::byte*> table;
};

void Put(Problem& p, size_t position, const float* key, const float* value) {
  std::byte* page = p.pages[position / kPageTokens].data();
  const size_t slot = position % kPageTokens;
  std::vector<float> scratch(std::max(p.key_size, p.value_size));
  std::byte* values = page + CacheHeadBytes(p.type, p.key_size);
  StoreKey({p.type, page, slot, p.key_size}, key, scratch.data());
  StoreValue({p.type, values, slot, p.value_size}, value, scratch.data());
}

Problem MakeProblem(size_t positions, size_t group, size_t key_size, size_t value_size,
                    CacheType type) {
  Problem p{positions, group, key_size, value_size, type, {}, {}, {}, {}, {}};
  p.keys = RandomFloats(positions * key_size, 1);
  p.values = RandomFloats(positions * value_size, 2);
  p.queries = RandomFloats(positions * group * key_size, 3);
  for (size_t first = 0; first < positions; first += kPageTokens) {
    // What is not written of a page may be anything.
    p.pages.emplace_back(CacheHeadBytes(type, key_size) + CacheHeadBytes(type, value_size),
                         std::byte{0xFF});
    p.table.push_back(p.pages.back().data());
  }
  for (size_t i = 0; i < positions; ++i) {
    Put(p, i, p.keys.data() + i * key_size, p.values.data() + i * value_size);
  }
  return p;
}

constexpr CacheType kTypes[] = {CacheType::kF32, CacheType::kF16, CacheType::kQ8_0,
                                CacheType::kQ4_0};

// What a query sees besides the positions up to its own, or less than them.
struct Sight {
  size_t window = 0;
  bool both_ways = false;
  bool relative = false;  // distances have biases
};

// Of distances -3 to 3, and of each bucket a bias for each of up to two heads.
constexpr size_t kFarthest = 3;
constexpr uint16_t kBuckets[] = {4, 1, 1, 0, 2, 3, 3};
constexpr float kBiases[] = {0.5f, -1, 1.5f, 0, -2, 0.25f, 1, 1, -0.75f, 2};

double BiasOf(size_t query, size_t key, size_t head) {
  const auto distance = static_cast<double>(key) - static_cast<double>(query);
  const double near = std::clamp(distance, -double{kFarthest}, double{kFarthest});
  return double{kBiases[kBuckets[static_cast<size_t>(near + kFarthest)] * 2 + head]};
}

// The queries [first, first + tokens) in blocks as large as the kernel takes them.
std::vector<float> Compute(const AttentionKernel& kernel, const Problem& p, size_t first,
                           size_t tokens, Sight sight = {}) {
  std::vector<float> output(tokens * p.group * p.value_size, -1.0f);
  const size_t floats = BlockScratch(kernel, p.key_size, p.value_size);
  std::vector<float> scratch(floats + 64, 12345.0f);
  AttentionTask task{};
  task.query_stride = p.group * p.key_size;
  task.output_stride = p.group * p.value_size;
  task.group = p.group;
  task.key_size = p.key_size;
  task.value_size = p.value_size;
  task.scale = 0.3f;
  task.pages = p.table.data();
  task.value_offset = CacheHeadBytes(p.type, p.key_size);
  task.type = p.type;
  task.window = sight.window;
  if (sight.both_ways) task.all_positions = p.keys.size() / p.key_size;
  if (sight.relative) {
    task.buckets = kBuckets;
    task.farthest = kFarthest;
    task.biases = kBiases;
    task.bias_stride = 2;
  }
  task.scratch = scratch.data();
  for (size_t t = 0; t < tokens; t += task.tokens) {
    task.tokens = std::min(tokens - t, kernel.most_rows / p.group);
    task.queries = p.queries.data() + (first + t) * task.query_stride;
    task.output = output.data() + t * task.output_stride;
    task.first_position = first + t;
    AttendBlock(kernel, task);
  }
  EXPECT_EQ(std::count(scratch.begin() + static_cast<ptrdiff_t>(floats), scratch.end(), 12345.0f),
            64)
      << "beyond its scratch";
  return output;
}

// The textbook: all scores, then their softmax, then the weighted sum; in double.
std::vector<double> Textbook(const Problem& p, size_t position, size_t head, Sight sight = {}) {
  const size_t begin =
      sight.window > 0 && position >= sight.window ? position - sight.window + 1 : 0;
  size_t last = position;
  if (sight.both_ways) last = p.keys.size() / p.key_size - 1;
  if (sight.both_ways && sight.window > 0) last = std::min(last, position + sight.window - 1);
  const auto stored = [&](float x) {
    return p.type == CacheType::kF16 ? F16ToF32(F32ToF16(x)) : x;
  };
  std::vector<double> weights(last + 1);
  double total = 0;
  for (size_t i = begin; i <= last; ++i) {
    double score = 0;
    for (size_t d = 0; d < p.key_size; ++d) {
      score += static_cast<double>(p.queries[(position * p.group + head) * p.key_size + d]) *
               stored(p.keys[i * p.key_size + d]);
    }
    const double bias = sight.relative ? BiasOf(position, i, head) : 0;
    total += weights[i] = std::exp(score * 0.3 + bias);
  }
  std::vector<double> out(p.value_size);
  for (size_t i = begin; i <= last; ++i) {
    for (size_t d = 0; d < p.value_size; ++d) {
      out[d] += weights[i] / total * stored(p.values[i * p.value_size + d]);
    }
  }
  return out;
}

template <class Body>
void ForEachKernel(const Body& body) {
  for (const AttentionKernel& kernel : RunnableOf(AttentionKernels(), Emulated().attention)) {
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

// Numbers as sums of two BF16 have an error of 2^-17, and those here are up to about 4.
double ToleranceOf(const AttentionKernel& kernel) { return kernel.for_reading ? 3e-5 : 3e-6; }

TEST(Attention, FollowsTheTextbook) {
  for (const CacheType type : {CacheType::kF32, CacheType::kF16}) {
    const Problem p = MakeProblem(37, 3, 20, 12, type);
    ForEachKernel([&](const AttentionKernel& kernel) {
      const auto got = Compute(kernel, p, 20, 16);
      for (size_t t = 0; t < 16; ++t) {
        for (size_t head = 0; head < 3; ++head) {
          const auto want = Textbook(p, 20 + t, head);
          for (size_t d = 0; d < 12; ++d) {
            ASSERT_NEAR(got[(t * 3 + head) * 12 + d], want[d], ToleranceOf(kernel));
          }
        }
      }
    });
  }
}

TEST(Attention, SeesBothWaysAndWindowsAndDistances) {
  const Problem p = MakeProblem(600, 2, 8, 8, CacheType::kF32);
  const Sight sights[] = {{},          {1},          {5, false},       {300, false},
                          {0, true},   {1, true},    {6, true},        {40, true},
                          {260, true}, {1000, true}, {0, false, true}, {0, true, true}};
  for (const Sight sight : sights) {
    SCOPED_TRACE(testing::Message() << sight.window << (sight.both_ways ? " both ways" : ""));
    ForEachKernel([&](const AttentionKernel& kernel) {
      for (const size_t first : {3, 240, 575}) {
        const auto got = Compute(kernel, p, first, 24, sight);
        for (size_t row = 0; row < 48; ++row) {
          const auto want = Textbook(p, first + row / 2, row % 2, sight);
          for (size_t d = 0; d < 8; ++d)
            ASSERT_NEAR(got[row * 8 + d], want[d], ToleranceOf(kernel));
        }
      }
    });
  }
}

TEST(Attention, AQueryDoesNotDependOnItsBlock) {
  for (const CacheType type : kTypes) {
    for (const Sight sight : {Sight{}, Sight{7}, Sight{270}}) {
      const Problem p = MakeProblem(320, 4, 64, 32, type);
      ForEachKernel([&](const AttentionKernel& kernel) {
        const size_t row = 4 * 32;
        const auto block = Compute(kernel, p, 250, 40, sight);
        for (size_t t = 0; t < 40; ++t) {
          const auto alone = Compute(kernel, p, 250 + t, 1, sight);
          ASSERT_EQ(0, std::memcmp(alone.data(), block.data() + t * row, row * sizeof(float)));
        }
      });
    }
  }
}

// What a cache of codes holds, as one of floats.
Problem AsFloats(const Problem& p) {
  Problem floats = MakeProblem(p.positions, p.group, p.key_size, p.value_size, CacheType::kF32);
  std::vector<float> key(p.key_size), value(p.value_size);
  for (size_t i = 0; i < p.positions; ++i) {
    const std::byte* page = p.table[i / kPageTokens];
    LoadKey(p.type, page, i % kPageTokens, p.key_size, key.data());
    LoadValue(p.type, page + CacheHeadBytes(p.type, p.key_size), i % kPageTokens, p.value_size,
              value.data());
    RotateHead(key.data(), p.key_size);
    RotateHead(value.data(), p.value_size);
    Put(floats, i, key.data(), value.data());
  }
  return floats;
}

// All kernels read the same codes, and sum in another order. Those for reading do not round queries
// to eight bits.
TEST(Attention, KernelsAgreeOnEveryTypeAndShape) {
  for (const CacheType type : kTypes) {
    for (const size_t size : {32, 64, 96, 128}) {
      for (const size_t group : {1, 2, 3, 5, 8}) {
        const Problem p = MakeProblem(70, group, size, size, type);
        const auto rounded = Compute(AttentionKernels().back(), p, 66, 4);
        const auto exact =
            IsRotated(type) ? Compute(AttentionKernels().back(), AsFloats(p), 66, 4) : rounded;
        ForEachKernel([&](const AttentionKernel& kernel) {
          const auto got = Compute(kernel, p, 66, 4);
          const auto& want = kernel.for_reading ? exact : rounded;
          const double tolerance = 4 * ToleranceOf(kernel);
          for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], tolerance);
        });
      }
    }
  }
}

// Errors of one query's answer against the textbook's, relative to its length.
double ErrorOf(const Problem& p) {
  const auto got = Compute(AttentionKernels().back(), p, p.positions - 1, 1);
  const auto want = Textbook(p, p.positions - 1, 0);
  double error = 0;
  double length = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    error += (got[i] - want[i]) * (got[i] - want[i]);
    length += want[i] * want[i];
  }
  return std::sqrt(error / length);
}

TEST(Attention, QuantizedCachesStayNear) {
  EXPECT_LT(ErrorOf(MakeProblem(40, 1, 64, 64, CacheType::kQ8_0)), 0.02);
  EXPECT_LT(ErrorOf(MakeProblem(40, 1, 64, 64, CacheType::kQ4_0)), 0.3);
}

TEST(Attention, TakesHeadsOfAnyLength) {
  const Problem p = MakeProblem(3, 1, 10240, 32, CacheType::kF16);
  const auto want = Compute(AttentionKernels().back(), p, 0, 3);
  ForEachKernel([&](const AttentionKernel& kernel) {
    const auto got = Compute(kernel, p, 0, 3);
    for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-2);
  });
}

TEST(Attention, LargeScoresDoNotOverflow) {
  Problem p = MakeProblem(20, 1, 8, 8, CacheType::kF32);
  for (float& q : p.queries) q *= 1000;
  ForEachKernel([&](const AttentionKernel& kernel) {
    for (const float value : Compute(kernel, p, 0, 20)) EXPECT_TRUE(std::isfinite(value));
  });
}

// A weight of zero would make NaNs of them.
TEST(Attention, WhatIsNotSeenIsNotRead) {
  for (const CacheType type : {CacheType::kF32, CacheType::kF16}) {
    Problem p = MakeProblem(300, 2, 16, 16, type);
    const Problem whole = p;
    std::vector<float> infinite(16, std::numeric_limits<float>::infinity());
    for (const size_t position : {9, 70, 290}) {
      Put(p, position, infinite.data(), infinite.data());
    }
    ForEachKernel([&](const AttentionKernel& kernel) {
      for (const Sight sight : {Sight{}, Sight{5}}) {
        const auto want = Compute(kernel, whole, 0, 300, sight);
        const auto got = Compute(kernel, p, 0, 300, sight);
        for (size_t t = 0; t < 300; ++t) {
          const size_t begin = sight.window > 0 && t >= sight.window ? t + 1 - sight.window : 0;
          const bool sees =
              (begin <= 9 && 9 <= t) || (begin <= 70 && 70 <= t) || (begin <= 290 && 290 <= t);
          for (size_t i = t * 32; i < (t + 1) * 32; ++i) {
            ASSERT_TRUE(sees ? !std::isfinite(got[i]) : got[i] == want[i]) << t;
          }
        }
      }
    });
  }
}

TEST(Attention, NaNReachesTheOutput) {
  for (const CacheType type : kTypes) {
    Problem p = MakeProblem(20, 1, 32, 32, type);
    const float nan[32] = {0, NAN};
    Put(p, 3, nan, p.values.data());
    ForEachKernel([&](const AttentionKernel& kernel) {
      EXPECT_TRUE(std::isnan(Compute(kernel, p, 19, 1)[0]));
    });
  }
}

}  // namespace
}  // namespace ingle
