// Products by vpdpbusd, of bytes without a sign and bytes with one: what AVX-VNNI and AVX-512 VNNI
// share. Included after their lanes; kDotAdd(sums, without_sign, with_sign) is the instruction.
//
// Codes of weights have no sign, activations have. Where both have one, 128 is added to the
// activations, and what that is worth, 128 times the row's sum, is subtracted beforehand: exact, in
// integers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matmul/panel_products_inline.h"

namespace ingle {
namespace {

template <Words (*kDotAdd)(Words, Bytes, Bytes)>
struct Vnni : MultipliesFloats {
  static constexpr Codes LikeCodes(Codes codes) {
    return codes == Codes::kSigned || codes == Codes::kCentred ? codes : Codes::kBelow64;
  }
  static constexpr bool kLifts = true;
  static constexpr bool kHasStart = true;
  static constexpr bool kHasTiles = false;

  template <Codes kCodes>
  static Words Dot(const Bytes (&q)[4], Words start, const std::byte* p) {
    Words sums = start;
    Unrolled<4>([&](auto i) {
      const Bytes four = SplatFourAt(p + 4 * i);
      if constexpr (kCodes == Codes::kSigned) {
        sums = kDotAdd(sums, Lifted(four), q[i]);
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

  static constexpr bool kInterleaves = false;
  static const std::byte* MultiplierAt(const Tokens& x, size_t token, size_t step) {
    return x.MultiplierAt(token, step);
  }

  // Where both have a sign the lines are lifted.
  template <Codes kCodes, int kSteps, int kMultipliers, int kCount, class WeightsOf, class Lines,
            class Done>
  static void ForEachProduct(const WeightsOf& weights, const Words (&start)[kSteps],
                             const Lines& lines, const Done& done) {
    Bytes q[kSteps][4];
    Unrolled<kSteps>([&](auto step) {
      Unrolled<4>([&](auto line) { q[step][line] = weights(Constant<4 * step + line>{}); });
    });
    Unrolled<kCount>([&](auto i) {
      Floats product;
      Unrolled<kSteps>([&](auto step) {
        Words dot = start[step];
        Unrolled<4>([&](auto line) {
          const Bytes x = BytesAt(lines(i).q[4 * step + line]);
          const Bytes w = q[step][line];
          dot = kCodes == Codes::kSigned ? kDotAdd(dot, x, w) : kDotAdd(dot, w, x);
        });
        AddMultiplied<step>(dot, FloatsAt(lines(i).multipliers[step]), product);
      });
      done(i, product);
    });
  }

  static Words Start(const Bytes (&q)[4]) {
    Words sums = Splat(0);
    Unrolled<4>([&](auto i) { sums = kDotAdd(sums, Splat(kTops), q[i]); });
    return Sub(Splat(0), sums);
  }

  static Bytes Lifted(Bytes bytes) { return Xor(bytes, Splat(kTops)); }

 private:
  static constexpr int kTops = static_cast<int>(0x80808080);
};

}  // namespace
}  // namespace ingle
