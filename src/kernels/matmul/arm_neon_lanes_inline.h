// Four rows side by side: NEON. See panel_types_inline.h.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "tensor/panels.h"

namespace ingle {
namespace {

inline constexpr int kLanes = 4;
using Bytes = uint8x16_t;
using Words = int32x4_t;
using Floats = float32x4_t;

inline Bytes BytesAt(const void* p) { return vld1q_u8(static_cast<const uint8_t*>(p)); }
inline Floats FloatsAt(const float* p) { return vld1q_f32(p); }
inline void Put(void* p, Bytes v) { vst1q_u8(static_cast<uint8_t*>(p), v); }
inline void Put(float* p, Floats v) { vst1q_f32(p, v); }

inline Floats FirstFloatsAt(const float* p, size_t count) {
  float lanes[kLanes] = {};
  for (size_t i = 0; i < count; ++i) lanes[i] = p[i];
  return FloatsAt(lanes);
}
inline void PutFirst(float* p, size_t count, Floats v) {
  float lanes[kLanes];
  Put(lanes, v);
  for (size_t i = 0; i < count; ++i) p[i] = lanes[i];
}

inline Floats HalvesAt(const uint16_t* p) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}
inline Words WideWordsAt(const uint16_t* p) {
  return vreinterpretq_s32_u32(vmovl_u16(vld1_u16(p)));
}
inline Floats FirstHalvesAt(const uint16_t* p, size_t count) {
  uint16_t lanes[kLanes] = {};
  __builtin_memcpy(lanes, p, count * sizeof(*p));
  return HalvesAt(lanes);
}
inline Words FirstWideWordsAt(const uint16_t* p, size_t count) {
  uint16_t lanes[kLanes] = {};
  __builtin_memcpy(lanes, p, count * sizeof(*p));
  return WideWordsAt(lanes);
}
inline uint8x8_t FourBytesAt(const void* p) {
  uint32_t four;
  __builtin_memcpy(&four, p, sizeof(four));
  return vcreate_u8(four);
}
inline Words WordsAt(const uint8_t* p) {
  return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(FourBytesAt(p)))));
}
inline Words SignedWordsAt(const int8_t* p) {
  return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(FourBytesAt(p)))));
}

inline Words Splat(int x) { return vdupq_n_s32(x); }
inline Floats Splat(float x) { return vdupq_n_f32(x); }
// The float at p, for every row.
inline Floats SplatFloatAt(const void* p) { return vld1q_dup_f32(static_cast<const float*>(p)); }

template <int kFrom, int kCount, int kTo>
inline Bytes MoveBits(Bytes bytes) {
  constexpr int kMask = ((1 << kCount) - 1) << kTo;
  if constexpr (kFrom > kTo) bytes = vshrq_n_u8(bytes, kFrom - kTo);
  if constexpr (kFrom < kTo) bytes = vshlq_n_u8(bytes, kTo - kFrom);
  return vandq_u8(bytes, vdupq_n_u8(kMask));
}

inline Bytes LookUp(const int8_t* table, Bytes bytes) {
  return vqtbl1q_u8(vreinterpretq_u8_s8(vld1q_s8(table)), bytes);
}

// Of each row, the word of a table.
inline Bytes Gather(const uint32_t* table, Words index) {
  uint32_t words[kLanes];
  words[0] = table[vgetq_lane_s32(index, 0)];
  words[1] = table[vgetq_lane_s32(index, 1)];
  words[2] = table[vgetq_lane_s32(index, 2)];
  words[3] = table[vgetq_lane_s32(index, 3)];
  return vreinterpretq_u8_u32(vld1q_u32(words));
}
// -byte where the other is 1, byte where it is 0.
inline Bytes NegatedWhere(Bytes bytes, Bytes ones) {
  const uint8x16_t mask = vsubq_u8(vdupq_n_u8(0), ones);
  return vsubq_u8(veorq_u8(bytes, mask), mask);
}
// The first digit to base three of fractions of 256, once they are multiplied by a power of three.
inline Bytes TernaryDigit(Bytes fractions, int power) {
  const uint8x16_t x = vmulq_u8(fractions, vdupq_n_u8(static_cast<uint8_t>(power)));
  const uint8x8_t three = vdup_n_u8(3);
  return vcombine_u8(vshrn_n_u16(vmull_u8(vget_low_u8(x), three), 8),
                     vshrn_n_u16(vmull_u8(vget_high_u8(x), three), 8));
}
inline Words WordsOf(Bytes bytes) { return vreinterpretq_s32_u8(bytes); }
inline Bytes BytesOf(Words words) { return vreinterpretq_u8_s32(words); }

inline Words Sub(Words a, Words b) { return vsubq_s32(a, b); }
inline Words Xor(Words a, Words b) { return veorq_s32(a, b); }
inline Bytes Or(Bytes a, Bytes b) { return vorrq_u8(a, b); }
inline Words Or(Words a, Words b) { return vorrq_s32(a, b); }
inline Words And(Words a, int b) { return vandq_s32(a, Splat(b)); }
inline Words Add(Words a, int b) { return vaddq_s32(a, Splat(b)); }
template <int kBits>
inline Words ShiftLeft(Words a) {
  return vshlq_n_s32(a, kBits);
}
template <int kBits>
inline Words ShiftRight(Words a) {
  if constexpr (kBits == 0)
    return a;
  else
    return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a), kBits));
}

inline Floats ToFloats(Words a) { return vcvtq_f32_s32(a); }
inline Floats AsFloats(Words a) { return vreinterpretq_f32_s32(a); }
inline Floats Add(Floats a, Floats b) { return vaddq_f32(a, b); }
inline Floats Mul(Floats a, Floats b) { return vmulq_f32(a, b); }
inline Floats Fma(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
inline Floats Negated(Floats a) { return vnegq_f32(a); }
inline Floats ZeroWhere(Floats a, Words b, int value) {
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a), vceqq_s32(b, Splat(value))));
}

}  // namespace
}  // namespace ingle
