// Panels of quantized weights times Q8 activations, AVX2: vectors of weights and of activations
// meet in maddubs. Sums stay in 16 bits as long as the type's codes allow.
#include "kernels/matmul/x86_avx2_lanes_inline.h"

#include "kernels/matmul/panel_tokens_inline.h"
#include "kernels/matmul/x86.h"

namespace ingle {
namespace {

struct Avx2 : EightLanes {
  static constexpr Codes LikeCodes(Codes codes) { return codes; }
  static constexpr bool kLifts = false;
  static constexpr bool kHasStart = true;

  template <Codes kCodes>
  static Words Dot(const Bytes (&q)[4], Words, const std::byte* p) {
    return Sum<kCodes>([&](int i) __attribute__((always_inline)) {
      const Bytes four = SplatFourAt(p + 4 * i);
      if constexpr (kCodes == Codes::kSigned) {
        return _mm256_maddubs_epi16(_mm256_abs_epi8(q[i]), _mm256_sign_epi8(four, q[i]));
      } else {
        return _mm256_maddubs_epi16(q[i], four);
      }
    });
  }

  template <Codes kCodes, int kCount, class Lines, class Done>
  static void ForEachDot(const Bytes (&q)[4], Words start, const Lines& lines, const Done& done) {
    if constexpr (kCodes == Codes::kSigned) {
      Words dots[kCount];
      AddPair<kCount, 0>(q, lines, dots, [&](auto) { return start; });
      AddPair<kCount, 2>(q, lines, dots, [&](auto i) { return dots[i]; });
      Unrolled<kCount>([&](auto i) { done(i, dots[i]); });
    } else {
      Unrolled<kCount>([&](auto i) {
        done(i, Sum<kCodes>([&](int line) __attribute__((always_inline)) {
               return _mm256_maddubs_epi16(q[line], BytesAt(lines(i)[line]));
             }));
      });
    }
  }

  // The magnitudes of what is below zero, added up.
  static Words Start(const Bytes (&q)[4]) {
    const auto pairs = [&](int i) __attribute__((always_inline)) {
      const Bytes below = _mm256_cmpgt_epi8(_mm256_setzero_si256(), q[i]);
      return _mm256_maddubs_epi16(_mm256_abs_epi8(q[i]), below);
    };
    const __m256i sums = _mm256_add_epi16(_mm256_add_epi16(pairs(0), pairs(1)),
                                          _mm256_add_epi16(pairs(2), pairs(3)));
    return _mm256_madd_epi16(sums, _mm256_set1_epi16(-1));
  }

 private:
  // Adds the products of two lines. Bits of activations are flipped where the weight is below zero,
  // which is one less than the negative.
  template <int kCount, int kFirst, class Lines, class Before>
  static void AddPair(const Bytes (&q)[4], const Lines& lines, Words (&dots)[kCount],
                      const Before& before) {
    const __m256i ones = _mm256_set1_epi16(1);
    Bytes magnitude[2];
    Bytes below[2];
    Unrolled<2>([&](auto j) {
      magnitude[j] = _mm256_abs_epi8(q[kFirst + j]);
      below[j] = _mm256_cmpgt_epi8(_mm256_setzero_si256(), q[kFirst + j]);
    });
    Unrolled<kCount>([&](auto i) {
      Words dot = before(i);
      Unrolled<2>([&](auto j) {
        const Bytes flipped = Xor(below[j], BytesAt(lines(i)[kFirst + j]));
        dot = _mm256_add_epi32(
            dot, _mm256_madd_epi16(_mm256_maddubs_epi16(magnitude[j], flipped), ones));
        // In this order: a compiler that brings products forward runs out of registers.
        __asm__ volatile("" : "+x"(dot));
      });
      dots[i] = dot;
    });
  }

  // Of four vectors of pairs. With |p| <= 127, of codes below 32 four pairs fit 16 bits:
  // 4 * 2 * 31 * 127 < 2^15; below 64 two do; and one of signed codes, whose sign moves over to p:
  // 2 * 128 * 127 < 2^15.
  template <Codes kCodes, class Pairs>
  static Words Sum(const Pairs& pairs) {
    const __m256i ones = _mm256_set1_epi16(1);
    const auto widened = [&](__m256i sums) __attribute__((always_inline)) {
      return _mm256_madd_epi16(sums, ones);
    };
    if constexpr (kCodes == Codes::kBelow32) {
      return widened(_mm256_add_epi16(_mm256_add_epi16(pairs(0), pairs(1)),
                                      _mm256_add_epi16(pairs(2), pairs(3))));
    } else if constexpr (kCodes == Codes::kBelow64) {
      return _mm256_add_epi32(widened(_mm256_add_epi16(pairs(0), pairs(1))),
                              widened(_mm256_add_epi16(pairs(2), pairs(3))));
    } else {
      return _mm256_add_epi32(_mm256_add_epi32(widened(pairs(0)), widened(pairs(1))),
                              _mm256_add_epi32(widened(pairs(2)), widened(pairs(3))));
    }
  }
};

}  // namespace

const PanelKernels kAvx2Panels = PanelKernelsOf<Avx2>();

}  // namespace ingle
