#include <arm_neon.h>

#include "kernels/peak/arm.h"
#include "kernels/peak/arm_forget.h"

namespace ingle {

void Int8PeakI8mm(const PeakTask& task) {
  constexpr int kSums = 16;
  const int8x16_t left = vdupq_n_s8(task.left);
  const int8x16_t right = vdupq_n_s8(task.right);
  int32x4_t sums[kSums];
  for (int32x4_t& sum : sums) {
    sum = vdupq_n_s32(0);
    INGLE_FORGET(sum);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
    for (int s = 0; s < kSums; ++s) sums[s] = vmmlaq_s32(sums[s], left, right);
  }
  *task.sum = 0;
  for (const int32x4_t sum : sums) *task.sum += static_cast<double>(vaddlvq_s32(sum));
}

}  // namespace ingle
