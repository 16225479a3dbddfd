// The peak of one instruction that multiplies bytes and adds the products to four sums.
#pragma once

#include <arm_neon.h>

#include "kernels/peak/arm_forget.h"
#include "kernels/peak/peak_task.h"

namespace ingle {
namespace {

// multiply(sums, left, right), inlined.
template <class Multiply>
inline void Int8Peak(const PeakTask& task, const Multiply& multiply) {
  constexpr int kSums = 16;
  const int8x16_t left = vdupq_n_s8(task.left);
  const int8x16_t right = vdupq_n_s8(task.right);
  int32x4_t sums[kSums];
  for (int32x4_t& sum : sums) {
    sum = vdupq_n_s32(0);
    INGLE_FORGET(sum);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
    for (int s = 0; s < kSums; ++s) sums[s] = multiply(sums[s], left, right);
  }
  *task.sum = 0;
  for (const int32x4_t sum : sums) *task.sum += static_cast<double>(vaddlvq_s32(sum));
}

}  // namespace
}  // namespace ingle
