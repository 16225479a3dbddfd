// Panels of quantized weights times Q8 activations, AVX2: four columns of a token, broadcast, meet
// a vector of weights in maddubs. Sums stay in 16 bits as long as the type's codes allow.
#include "kernels/matmul/x86_avx2_lanes_inline.h"

#include "kernels/matmul/panel_products_inline.h"
#include "kernels/matmul/panel_tokens_inline.h"
#include "kernels/matmul/x86.h"

namespace ingle {
namespace {

struct Avx2 {
  static constexpr Codes LikeCodes(Codes codes) { return codes; }
  static constexpr bool kLifts = false;
  static constexpr bool kHasTiles = false;
  // As many as let the sums, the weights and what comes in between fit sixteen registers.
  static constexpr int kFewTokens = 4;
  static constexpr int SidesAtOnce(int tokens) { return tokens <= 2 ? 2 : 1; }
  static constexpr int kTileTokens = 8;
  static constexpr bool kCopiesTokens = false;

  // A sign takes an instruction whatever is in the lanes, and with tokens there a load as well.
  template <class Isa, class Type>
  static void Many(const MatMulTask& task) {
    if constexpr (Type::kCodes == Codes::kSigned) {
      RowsInLanes::Many<Isa, Type>(task);
    } else {
      TokensInLanes::Many<Isa, Type>(task);
    }
  }

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

  template <Codes kCodes>
  static Words DotTokens(const Bytes (&q)[4], Words, const int8_t (&lines)[4][4 * kLanes]) {
    static_assert(kCodes != Codes::kSigned);
    return Sum<kCodes>([&](int i) __attribute__((always_inline)) {
      return _mm256_maddubs_epi16(q[i], BytesAt(lines[i]));
    });
  }

 private:
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
