// Activations as products with panels read them. Included after the lanes of an instruction set;
// see panel_types_inline.h.
#pragma once

#include <cstddef>

#include "kernels/matmul/matmul_task.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

inline constexpr size_t kBlockSteps = kQ8Block / kQ8Group;

// Tokens from here on, as rows of Q8.
struct Tokens {
  const std::byte* first;
  size_t stride;
  size_t multiplier_offset;
  size_t pair_offset;
  size_t sum_offset[2];  // of one step, of two
  size_t centre_offset;
  size_t unit_offset;

  const std::byte* At(size_t token, size_t step) const {
    return first + token * stride + step * kQ8Group;
  }
  const std::byte* MultiplierAt(size_t token, size_t step) const {
    return first + token * stride + multiplier_offset + step * sizeof(float);
  }
  // The same as a pair of int16.
  const std::byte* PairAt(size_t token, size_t step) const {
    return first + token * stride + pair_offset + step * sizeof(int32_t);
  }
  // Of kSteps steps together, the first a multiple of them.
  template <int kSteps>
  const std::byte* SumAt(size_t token, size_t step) const {
    return first + token * stride + sum_offset[kSteps - 1] + step / kSteps * sizeof(float);
  }
  // Of the two steps that it is one of.
  const std::byte* CentreAt(size_t token, size_t step) const {
    return first + token * stride + centre_offset + step / 2 * sizeof(float);
  }
  // Of the block that begins there.
  const std::byte* UnitAt(size_t token, size_t step) const {
    return first + token * stride + unit_offset + step / kBlockSteps * sizeof(float);
  }
  Floats Multiplier(size_t token, size_t step) const {
    return SplatFloatAt(MultiplierAt(token, step));
  }
  template <int kSteps>
  Floats Sum(size_t token, size_t step) const {
    return SplatFloatAt(SumAt<kSteps>(token, step));
  }
  Floats Centre(size_t token, size_t step) const { return SplatFloatAt(CentreAt(token, step)); }
  Floats Unit(size_t token, size_t step) const { return SplatFloatAt(UnitAt(token, step)); }
};

inline Tokens TokensOf(const MatMulTask& task, size_t token) {
  return {task.input + token * task.input_row_bytes,
          task.input_row_bytes,
          Q8MultiplierOffset(task.columns),
          Q8PairOffset(task.columns),
          {Q8SumOffset(task.columns), Q8PairSumOffset(task.columns)},
          Q8CentreOffset(task.columns),
          Q8UnitOffset(task.columns)};
}

}  // namespace
}  // namespace ingle
