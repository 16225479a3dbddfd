// Products by vpdpbusd, of bytes without a sign and bytes with one: what AVX-VNNI and AVX-512 VNNI
// share. Included after their lanes; kDotAdd(sums, without_sign, with_sign) is the instruction.
//
// Codes of weights have no sign, activations have. Where both have one, 128 is added to the
// activations, and what that is worth, 128 times the row's sum, is subtracted beforehand: exact, in
// integers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matmul/panel_types_inline.h"

namespace ingle {
namespace {

template <Words (*kDotAdd)(Words, Bytes, Bytes)>
struct Vnni {
  static constexpr Codes LikeCodes(Codes codes) {
    return codes == Codes::kSigned ? codes : Codes::kBelow64;
  }
  static constexpr bool kLifts = true;
  static constexpr bool kHasTiles = false;

  template <Codes kCodes>
  static Words Dot(const Bytes (&q)[4], Words start, const std::byte* p) {
    Words sums = start;
    Unrolled<4>([&](auto i) {
      const Bytes four = SplatFourAt(p + 4 * i);
      if constexpr (kCodes == Codes::kSigned) {
        sums = kDotAdd(sums, FlipTops(four), q[i]);
      } else {
        sums = kDotAdd(sums, q[i], four);
      }
    });
    return sums;
  }

  static Words DotLifted(const Bytes (&q)[4], const int32_t* start, const std::byte* p) {
    Words sums = BytesAt(start);
    Unrolled<4>([&](auto i) { sums = kDotAdd(sums, SplatFourAt(p + 4 * i), q[i]); });
    return sums;
  }

  // Where both have a sign the lines are lifted.
  template <Codes kCodes>
  static Words DotTokens(const Bytes (&q)[4], Words start, const int8_t (&lines)[4][4 * kLanes]) {
    Words sums = start;
    Unrolled<4>([&](auto i) {
      if constexpr (kCodes == Codes::kSigned) {
        sums = kDotAdd(sums, BytesAt(lines[i]), q[i]);
      } else {
        sums = kDotAdd(sums, q[i], BytesAt(lines[i]));
      }
    });
    return sums;
  }

  static Words Start(const Bytes (&q)[4]) {
    Words sums = Splat(0);
    Unrolled<4>([&](auto i) { sums = kDotAdd(sums, Splat(kTops), q[i]); });
    return Sub(Splat(0), sums);
  }

  // Whole vectors: reads into the scales of the Q8 row, and `to` has room for a whole chunk.
  static void Lift(const std::byte* from, std::byte* to, size_t count) {
    for (size_t i = 0; i < count; i += sizeof(Bytes)) Put(to + i, FlipTops(BytesAt(from + i)));
  }

 private:
  static constexpr int kTops = static_cast<int>(0x80808080);
  static Bytes FlipTops(Bytes bytes) { return Xor(bytes, Splat(kTops)); }
};

}  // namespace
}  // namespace ingle
