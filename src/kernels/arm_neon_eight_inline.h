// Eight floats side by side: NEON, two registers. See eight_inline.h.
#pragma once

#include <arm_neon.h>

#include <stddef.h>
#include <stdint.h>

namespace ingle {
namespace {

struct Floats {
  float32x4_t low, high;
};
struct Words {
  int32x4_t low, high;
};
struct Mask {
  uint32x4_t low, high;
};

inline constexpr size_t kLanes = 8;

struct Pairs {
  Floats a;
  Floats b;
};

inline Floats FloatsAt(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
inline Floats HalvesAt(const uint16_t* p) {
  const float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16(p));
  return {vcvt_f32_f16(vget_low_f16(halves)), vcvt_high_f32_f16(halves)};
}
inline Floats FloatsOfBytesAt(const int8_t* p) {
  const int16x8_t wide = vmovl_s8(vld1_s8(p));
  return {vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))), vcvtq_f32_s32(vmovl_high_s16(wide))};
}
inline float HalfToFloat(uint16_t bits) {
  return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))), 0);
}
inline void Put(float* p, Floats v) {
  vst1q_f32(p, v.low);
  vst1q_f32(p + 4, v.high);
}

inline Floats Splat(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
inline Floats SplatAt(const float* p) { return {vld1q_dup_f32(p), vld1q_dup_f32(p)}; }
inline Words SplatWord(int x) { return {vdupq_n_s32(x), vdupq_n_s32(x)}; }

inline Floats Add(Floats a, Floats b) {
  return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)};
}
inline Floats Sub(Floats a, Floats b) {
  return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)};
}
inline Floats Mul(Floats a, Floats b) {
  return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)};
}
inline Floats Div(Floats a, Floats b) {
  return {vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)};
}
inline Floats Fma(Floats a, Floats b, Floats c) {
  return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}
inline Floats FmaNegated(Floats a, Floats b, Floats c) {
  return {vfmsq_f32(c.low, a.low, b.low), vfmsq_f32(c.high, a.high, b.high)};
}
inline Floats Negated(Floats a) { return {vnegq_f32(a.low), vnegq_f32(a.high)}; }
inline Floats Magnitude(Floats a) { return {vabsq_f32(a.low), vabsq_f32(a.high)}; }
inline Floats NegatedMagnitude(Floats a) { return Negated(Magnitude(a)); }

inline Mask Less(Floats a, Floats b) {
  return {vcltq_f32(a.low, b.low), vcltq_f32(a.high, b.high)};
}
inline Mask Equal(Floats a, Floats b) {
  return {vceqq_f32(a.low, b.low), vceqq_f32(a.high, b.high)};
}
inline Mask IsNaN(Floats a) {
  const Mask number = Equal(a, a);
  return {vmvnq_u32(number.low), vmvnq_u32(number.high)};
}
inline Mask HasSign(Floats a) {
  return {vcltzq_s32(vreinterpretq_s32_f32(a.low)), vcltzq_s32(vreinterpretq_s32_f32(a.high))};
}
inline Mask All() { return {vdupq_n_u32(~0u), vdupq_n_u32(~0u)}; }
inline Mask FirstOnly(size_t count) {
  const uint32_t lanes[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  const uint32x4_t end = vdupq_n_u32(static_cast<uint32_t>(count));
  return {vcltq_u32(vld1q_u32(lanes), end), vcltq_u32(vld1q_u32(lanes + 4), end)};
}
inline Floats Select(Floats a, Floats b, Mask mask) {
  return {vbslq_f32(mask.low, b.low, a.low), vbslq_f32(mask.high, b.high, a.high)};
}
inline Floats Only(Floats a, Mask mask) {
  return Select({vdupq_n_f32(0), vdupq_n_f32(0)}, a, mask);
}
inline Floats WithSignOf(Floats a, Floats sign) {
  const uint32x4_t bit = vdupq_n_u32(0x80000000);
  return {vbslq_f32(bit, sign.low, a.low), vbslq_f32(bit, sign.high, a.high)};
}
// vmaxq and vminq would give NaN where either is one.
inline Floats Max(Floats a, Floats b) { return Select(b, a, Less(b, a)); }
inline Floats Min(Floats a, Floats b) { return Select(b, a, Less(a, b)); }
inline size_t FirstOf(Mask mask) {
  const uint16x8_t halves = vcombine_u16(vmovn_u32(mask.low), vmovn_u32(mask.high));
  const uint64_t bytes = vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(halves)), 0);
  return bytes == 0 ? 8 : static_cast<size_t>(__builtin_ctzll(bytes)) / 8;
}

inline Floats ToFloats(Words a) { return {vcvtq_f32_s32(a.low), vcvtq_f32_s32(a.high)}; }
inline Words AsWords(Floats a) {
  return {vreinterpretq_s32_f32(a.low), vreinterpretq_s32_f32(a.high)};
}
inline Floats AsFloats(Words a) {
  return {vreinterpretq_f32_s32(a.low), vreinterpretq_f32_s32(a.high)};
}
template <int kBits>
inline Words ShiftLeft(Words a) {
  return {vshlq_n_s32(a.low, kBits), vshlq_n_s32(a.high, kBits)};
}

inline Floats FirstFloatsAt(const float* p, size_t count) {
  if (count >= 8) return FloatsAt(p);
  float lanes[8] = {};
  for (size_t i = 0; i < count; ++i) lanes[i] = p[i];
  return FloatsAt(lanes);
}
inline void PutFirst(float* p, size_t count, Floats v) {
  if (count >= 8) return Put(p, v);
  float lanes[8];
  Put(lanes, v);
  for (size_t i = 0; i < count; ++i) p[i] = lanes[i];
}

// In the order of AVX2: halves, quarters, neighbours.
inline float SumLanes(Floats v) {
  const float32x4_t four = vaddq_f32(v.low, v.high);
  return vaddv_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)));
}
inline float MaxOfLanes(Floats v) {
  const float32x4_t four = vbslq_f32(vcltq_f32(v.high, v.low), v.low, v.high);
  const float32x2_t low = vget_low_f32(four);
  const float32x2_t high = vget_high_f32(four);
  const float32x2_t two = vbsl_f32(vclt_f32(high, low), low, high);
  const float first = vget_lane_f32(two, 0);
  const float second = vget_lane_f32(two, 1);
  return first > second ? first : second;
}
inline float Root(float x) { return vget_lane_f32(vsqrt_f32(vdup_n_f32(x)), 0); }

inline Floats InPairOrder(const float* p) { return FloatsAt(p); }
inline Pairs PairsAt(const float* p) {
  const float32x4x2_t low = vld2q_f32(p);
  const float32x4x2_t high = vld2q_f32(p + 8);
  return {{low.val[0], high.val[0]}, {low.val[1], high.val[1]}};
}
inline void PutPairs(float* p, const Pairs& pairs) {
  const float32x4x2_t low = {{pairs.a.low, pairs.b.low}};  // clang's stores are macros
  const float32x4x2_t high = {{pairs.a.high, pairs.b.high}};
  vst2q_f32(p, low);
  vst2q_f32(p + 8, high);
}

inline void TurnFours(const float* from, Floats (&to)[4]) {
  const float32x4x4_t low = vld4q_f32(from);
  const float32x4x4_t high = vld4q_f32(from + 16);
  for (int i = 0; i < 4; ++i) to[i] = {low.val[i], high.val[i]};
}

}  // namespace
}  // namespace ingle
