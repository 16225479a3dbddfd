#include <arm_neon.h>

#include "kernels/peak/arm.h"
#include "kernels/peak/arm_forget.h"

namespace ingle {

void FloatPeakNeon(const PeakTask& task) {
  constexpr int kSums = 16;
  const float32x4_t left = vdupq_n_f32(task.left);
  const float32x4_t right = vdupq_n_f32(task.right);
  float32x4_t sums[kSums];
#pragma GCC unroll 16  // an array stays in registers where every index is a constant
  for (int s = 0; s < kSums; ++s) {
    sums[s] = vdupq_n_f32(0);
    INGLE_FORGET(sums[s]);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
#pragma GCC unroll 16
    for (int s = 0; s < kSums; ++s) sums[s] = vfmaq_f32(sums[s], left, right);
  }
  *task.sum = 0;
#pragma GCC unroll 16
  for (int s = 0; s < kSums; ++s) {
    float lanes[4];
    vst1q_f32(lanes, sums[s]);
    for (const float lane : lanes) *task.sum += lane;
  }
}

void ReadNeon(const ReadTask& task) {
  constexpr size_t kSums = 16;
  uint64x2_t sums[kSums];
  for (uint64x2_t& sum : sums) sum = vdupq_n_u64(0);
  for (size_t i = 0; i < task.count; i += 2 * kSums) {
    const char* later = reinterpret_cast<const char*>(task.words + i) + task.ahead;
    for (size_t at = 0; at < 16 * kSums; at += 64) __builtin_prefetch(later + at);
    for (size_t s = 0; s < kSums; ++s) {
      sums[s] = vaddq_u64(sums[s], vld1q_u64(task.words + i + 2 * s));
    }
  }
  *task.sum = 0;
  for (const uint64x2_t sum : sums) *task.sum += vgetq_lane_u64(sum, 0) + vgetq_lane_u64(sum, 1);
}

}  // namespace ingle
