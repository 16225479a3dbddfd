#include "kernels/recurrent/recurrent.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

using Floats = std::vector<float>;

struct Result {
  Floats output;
  Floats state;

  friend bool operator==(const Result&, const Result&) = default;
};

// Where a run of some tokens is cut in two, and how columns or heads are dealt out.
struct Cut {
  size_t tokens;
  size_t units;
};

// Runs `task`, of `tokens` tokens and `units` columns or heads, in up to four parts. part(task,
// first token, tokens, first unit, end) sets what a part differs in.
template <class Task, class Part>
void RunInParts(void (*kernel)(const Task&), const Task& task, size_t tokens, size_t units, Cut cut,
                const Part& part) {
  for (const auto& [first, count] :
       {std::pair<size_t, size_t>{0, cut.tokens}, {cut.tokens, tokens - cut.tokens}}) {
    for (const auto& [begin, end] : {std::pair<size_t, size_t>{cut.units, units}, {0, cut.units}}) {
      if (count == 0 || begin == end) continue;
      Task piece = task;
      part(piece, first, count, begin, end);
      kernel(piece);
    }
  }
}

void ExpectNear(const Floats& got, const Floats& want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], tolerance) << i;
}

// Against the scalar kernel, and in parts against the whole. run(kernels, cut) gives a Result.
template <class Run>
void ExpectAlike(size_t tokens, size_t units, double tolerance, const Run& run) {
  const Result want = run(RecurrentTable().back(), Cut{tokens, units});
  for (const RecurrentKernels& kernels : RecurrentTable()) {
    if ((kernels.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernels.name);
    const Result whole = run(kernels, Cut{tokens, units});
    ExpectNear(whole.output, want.output, tolerance);
    ExpectNear(whole.state, want.state, tolerance);
    for (const Cut& cut : {Cut{1, units}, Cut{tokens / 2, units / 2}, Cut{tokens - 1, 1}}) {
      EXPECT_EQ(run(kernels, cut), whole) << cut.tokens << " " << cut.units;
    }
  }
}

Result RunShortConv(const RecurrentKernels& kernels, size_t tokens, size_t columns, size_t taps,
                    bool bias, Cut cut) {
  const Floats x = RandomFloats(tokens * columns, 1), weight = RandomFloats(columns * taps, 2);
  const Floats biases = RandomFloats(columns, 3);
  Result result{Floats(tokens * columns), RandomFloats((taps - 1) * columns, 4)};
  ShortConvTask task{};
  task.stride = columns;
  task.weight = weight.data();
  task.bias = bias ? biases.data() : nullptr;
  task.state = result.state.data();
  task.columns = columns;
  task.taps = taps;
  RunInParts(kernels.short_conv, task, tokens, columns, cut,
             [&](ShortConvTask& part, size_t first, size_t count, size_t begin, size_t end) {
               part.x = x.data() + first * columns;
               part.output = result.output.data() + first * columns;
               part.tokens = count;
               part.column_begin = begin;
               part.column_end = end;
             });
  return result;
}

TEST(ShortConv, FollowsTheFormula) {
  const Floats x = {1, 2, 3}, weight = {10, 100, 1000}, bias = {5};
  Floats output(3), state = {7, 8};
  for (const RecurrentKernels& kernels : RecurrentTable()) {
    if ((kernels.needs & ~UsableCpuFeatures()) != 0) continue;
    state = {7, 8};
    kernels.short_conv(
        {x.data(), 1, output.data(), weight.data(), bias.data(), state.data(), 1, 3, 3, 0, 1});
    EXPECT_EQ(output, (Floats{70 + 800 + 1000 + 5, 80 + 100 + 2000 + 5, 10 + 200 + 3000 + 5}));
    EXPECT_EQ(state, (Floats{2, 3}));
  }
}

TEST(ShortConv, IsAlikeInAllKernelsAndParts) {
  for (const size_t columns : {5u, 64u, 203u}) {
    for (const size_t taps : {1u, 3u, 4u, 17u}) {
      ExpectAlike(7, columns, 2e-5, [&](const RecurrentKernels& kernels, Cut cut) {
        return RunShortConv(kernels, 7, columns, taps, taps != 3, cut);
      });
    }
  }
}

Result RunScan(const RecurrentKernels& kernels, size_t tokens, size_t key_size, size_t value_size,
               Cut cut) {
  constexpr size_t kHeads = 4, kGroups = 2;
  const size_t width = kHeads * value_size;
  const Floats x = RandomFloats(tokens * width, 1), dt = RandomFloats(tokens * kHeads, 2);
  const Floats b = RandomFloats(tokens * kGroups * key_size, 3);
  const Floats c = RandomFloats(tokens * kGroups * key_size, 4);
  const Floats a = {-0.1f, -1, -2, -0.5f}, skip = {1, 0, 2, -1}, bias = {0, 1, -1, 30};
  Result result{Floats(tokens * width), RandomFloats(width * key_size, 5)};
  SelectiveScanTask task{};
  task.x_stride = task.output_stride = width;
  task.dt_stride = kHeads;
  task.b_stride = task.c_stride = kGroups * key_size;
  task.a = a.data();
  task.skip = skip.data();
  task.dt_bias = bias.data();
  task.state = result.state.data();
  task.dt_low = 0.1f;
  task.dt_high = 3.0f;
  task.heads = kHeads;
  task.groups = kGroups;
  task.key_size = key_size;
  task.value_size = value_size;
  RunInParts(kernels.selective_scan, task, tokens, kHeads, cut,
             [&](SelectiveScanTask& part, size_t first, size_t count, size_t begin, size_t end) {
               part.x = x.data() + first * width;
               part.dt = dt.data() + first * kHeads;
               part.b = b.data() + first * kGroups * key_size;
               part.c = c.data() + first * kGroups * key_size;
               part.output = result.output.data() + first * width;
               part.tokens = count;
               part.head_begin = begin;
               part.head_end = end;
             });
  return result;
}

TEST(SelectiveScan, FollowsTheFormula) {
  const float x = 3, dt = 0.5f, b = 2, c = 5, a = -0.7f, skip = 10, bias = 0.25f;
  for (const RecurrentKernels& kernels : RecurrentTable()) {
    if ((kernels.needs & ~UsableCpuFeatures()) != 0) continue;
    float output = 0, state = 4;
    kernels.selective_scan({&x,    1,      &dt, 1, &b, 1, &c, 1, &output, 1, &a, &skip,
                            &bias, &state, 0,   9, 1,  1, 1,  1, 1,       0, 1});
    const double step = std::log1p(std::exp(0.75));
    const double want = std::exp(step * -0.7) * 4 + step * 3 * 2;
    EXPECT_NEAR(state, want, 1e-5);
    EXPECT_NEAR(output, want * 5 + 30, 1e-4);
  }
}

TEST(SelectiveScan, IsAlikeInAllKernelsAndParts) {
  for (const auto& [key_size, value_size] : {std::pair<size_t, size_t>{5, 7}, {16, 4}, {128, 9}}) {
    ExpectAlike(70, 4, 2e-4, [&, k = key_size, v = value_size](const auto& kernels, Cut cut) {
      return RunScan(kernels, 70, k, v, cut);
    });
  }
}

Result RunDelta(const RecurrentKernels& kernels, size_t tokens, size_t key_size, size_t value_size,
                bool tiled, Cut cut) {
  constexpr size_t kHeads = 4, kGroups = 2;
  const size_t width = kHeads * value_size, keys = kGroups * key_size;
  const float size = 1 / std::sqrt(static_cast<float>(key_size));
  const Floats q = RandomFloats(tokens * keys, 1, size), k = RandomFloats(tokens * keys, 2, size);
  const Floats v = RandomFloats(tokens * width, 3);
  Floats decay = RandomFloats(tokens * kHeads, 4, 0.3f), beta = RandomFloats(tokens * kHeads, 5);
  for (float& value : decay) value = -std::fabs(value);
  for (float& value : beta) value = std::fmin(std::fabs(value), 1.0f);
  Result result{Floats(tokens * width), RandomFloats(width * key_size, 6)};
  DeltaRuleTask task{};
  task.q_stride = task.k_stride = keys;
  task.v_stride = task.output_stride = width;
  task.decay_stride = task.beta_stride = kHeads;
  task.state = result.state.data();
  task.heads = kHeads;
  task.groups = kGroups;
  task.key_size = key_size;
  task.value_size = value_size;
  task.tiled = tiled;
  RunInParts(kernels.delta_rule, task, tokens, kHeads, cut,
             [&](DeltaRuleTask& part, size_t first, size_t count, size_t begin, size_t end) {
               part.q = q.data() + first * keys;
               part.k = k.data() + first * keys;
               part.v = v.data() + first * width;
               part.decay = decay.data() + first * kHeads;
               part.beta = beta.data() + first * kHeads;
               part.output = result.output.data() + first * width;
               part.tokens = count;
               part.head_begin = begin;
               part.head_end = end;
             });
  return result;
}

TEST(DeltaRule, FollowsTheFormula) {
  const float q = 3, k = 2, v = 7, decay = -0.5f, beta = 0.25f;
  for (const RecurrentKernels& kernels : RecurrentTable()) {
    if ((kernels.needs & ~UsableCpuFeatures()) != 0) continue;
    float output = 0, state = 4;
    kernels.delta_rule(
        {&q, 1, &k, 1, &v, 1, &decay, 1, &beta, 1, &output, 1, &state, 1, 1, 1, 1, false, 1, 0, 1});
    const double kept = 4 * std::exp(-0.5);
    const double want = kept + 2 * 0.25 * (7 - kept * 2);
    EXPECT_NEAR(state, want, 1e-5);
    EXPECT_NEAR(output, 3 * want, 1e-5);
  }
}

TEST(DeltaRule, IsAlikeInAllKernelsAndParts) {
  for (const auto& [key_size, value_size] : {std::pair<size_t, size_t>{6, 5}, {16, 32}, {33, 75}}) {
    for (const bool tiled : {false, true}) {
      ExpectAlike(70, 4, 1e-4, [&, k = key_size, v = value_size](const auto& kernels, Cut cut) {
        return RunDelta(kernels, 70, k, v, tiled, cut);
      });
    }
  }
}

}  // namespace
}  // namespace ingle
