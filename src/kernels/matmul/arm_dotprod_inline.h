// Products with panels by NEON's dot product instructions: one register of sixteen activations
// serves four vectors of weights, by its lanes.
#pragma once

#include "kernels/matmul/arm_neon_lanes_inline.h"

#include "kernels/matmul/panel_products_inline.h"

namespace ingle {
namespace {

// As many as let the sums, the weights and what comes in between fit 32 registers.
struct Dotprod : MultipliesFloats, RowsInLanes {
  static constexpr bool kLifts = false;
  static constexpr bool kHasStart = false;
  static constexpr bool kHasTiles = false;
  static constexpr int kFewTokens = 4;
  static constexpr int SidesAtOnce(int tokens) { return tokens <= 2 ? 4 : 2; }
  static constexpr int kTileTokens = 16;
  static constexpr int kMinimumTokens = 4;

  // Codes without a sign are below 128: as signed ones they are the same.
  static constexpr Codes LikeCodes(Codes codes) {
    return codes == Codes::kCentred ? codes : Codes::kSigned;
  }

  template <Codes>
  static Words Dot(const Bytes (&q)[4], Words, const std::byte* p) {
    const int8x16_t x = vld1q_s8(reinterpret_cast<const int8_t*>(p));
    Words sums = Splat(0);
    Unrolled<4>([&](auto i) { sums = vdotq_laneq_s32(sums, vreinterpretq_s8_u8(q[i]), x, i); });
    return sums;
  }
};

}  // namespace
}  // namespace ingle
