// Panels of quantized weights times Q8 activations, AVX2: vectors of weights and of activations
// meet in maddubs. Sums stay in 16 bits as long as the type's codes allow, and are multiplied with
// the activations' multipliers by the instruction that widens them.
//
// It multiplies a pair of sums with two numbers. So where the halves of 32 columns are interleaved,
// it takes both halves at once, and of codes below 16 a sum of all eight lines.
#include "kernels/matmul/x86_avx2_lanes_inline.h"

#include "kernels/matmul/panel_tokens_inline.h"
#include "kernels/matmul/x86.h"

namespace ingle {
namespace {

// Four columns of each row, as vpmaddubsw wants them: without a sign.
template <Codes kCodes>
struct Factors {
  static Factors Of(Bytes weights) { return {weights}; }
  Words Times(Bytes x) const { return _mm256_maddubs_epi16(weights, x); }

  Bytes weights;
};

// Where a weight is below zero the activation's bits are flipped, which is its negative less one.
template <>
struct Factors<Codes::kSigned> {
  static Factors Of(Bytes weights) {
    return {_mm256_abs_epi8(weights), _mm256_cmpgt_epi8(_mm256_setzero_si256(), weights)};
  }
  Words Times(Bytes x) const { return _mm256_maddubs_epi16(magnitudes, Xor(below, x)); }

  Bytes magnitudes;
  Bytes below;
};

struct Avx2 : EightLanes {
  static constexpr Codes LikeCodes(Codes codes) { return codes; }
  static constexpr bool kLifts = false;
  static constexpr bool kHasStart = true;
  static constexpr bool kInterleaves = true;

  using Product = Words;
  static constexpr bool kFloatProducts = false;
  template <class, Codes kCodes, int kStep>
  static void AddStep(const Bytes (&q)[4], Words, const Tokens& x, size_t token, size_t step,
                      Product& product) {
    const std::byte* p = x.At(token, step);
    const auto pairs = [&](int i) __attribute__((always_inline)) {
      const Bytes four = SplatFourAt(p + 4 * i);
      if constexpr (kCodes == Codes::kSigned) {
        return _mm256_maddubs_epi16(_mm256_abs_epi8(q[i]), _mm256_sign_epi8(four, q[i]));
      } else {
        return _mm256_maddubs_epi16(q[i], four);
      }
    };
    const Words dot = Widened<kCodes, 4>(pairs, SplatFourAt(x.PairAt(token, step)));
    product = kStep == 0 ? dot : _mm256_add_epi32(product, dot);
  }

  static const std::byte* MultiplierAt(const Tokens& x, size_t token, size_t step) {
    return x.PairAt(token, step);
  }
  static Bytes InterleavedMultipliers(Bytes a, Bytes b) { return _mm256_blend_epi16(a, b, 0xAA); }
  static Words InterleavedStart(Words a, Words b) { return Or(a, ShiftLeft<16>(b)); }
  static void Interleave(Bytes a, Bytes b, Bytes& first, Bytes& second) {
    first = _mm256_blend_epi16(a, _mm256_slli_epi32(b, 16), 0xAA);
    second = _mm256_blend_epi16(_mm256_srli_epi32(a, 16), b, 0xAA);
  }

  template <Codes kCodes, int kSteps, int kMultipliers, int kCount, class WeightsOf, class Lines,
            class Done>
  static void ForEachProduct(const WeightsOf& weights, const Words (&start)[kMultipliers],
                             const Lines& lines, const Done& done) {
    constexpr int kLines = 4 * kSteps / kMultipliers;  // of a multiplier
    constexpr int kAtOnce = LinesAtOnce(kCodes, kLines);
    constexpr int kPasses = 4 * kSteps / kAtOnce;
    Words dots[kCount];  // of the passes before
    Unrolled<kPasses>([&](auto pass) {
      constexpr int kFirst = pass * kAtOnce;
      constexpr int kMultiplier = kFirst / kLines;
      const auto add = [&](int i, Words dot) __attribute__((always_inline)) {
        if constexpr (kCodes == Codes::kSigned && kFirst % kLines == 0) {
          const Bytes multipliers = BytesAt(lines(i).multipliers[kMultiplier]);
          dot = _mm256_add_epi32(dot, _mm256_madd_epi16(start[kMultiplier], multipliers));
        }
        if constexpr (pass > 0) dot = _mm256_add_epi32(dot, dots[i]);
        if constexpr (pass < kPasses - 1) {
          InThisOrder(dot);
          dots[i] = dot;
        } else {
          done(i, ToFloats(dot));
        }
      };
      if constexpr (kAtOnce == 8) {
        AddEightLines<kCodes, kCount>(weights, lines, add);
      } else {
        AddLines<kCodes, kFirst, kAtOnce, kMultiplier, kCount>(weights, lines, add);
      }
    });
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
  static constexpr bool IsBelow16(Codes codes) {
    return codes == Codes::kBelow16 || codes == Codes::kCentred;
  }

  // How many lines may be added in 16 bits. With |p| <= 127, of codes below 16 eight pairs fit:
  // 8 * 2 * 15 * 127 < 2^15; below 32 four do, below 64 two, and one of signed codes, whose sign
  // moves over to p: 2 * 128 * 127 < 2^15.
  static constexpr int LinesIn16Bits(Codes codes) {
    return IsBelow16(codes) ? 8 : codes == Codes::kBelow32 ? 4 : codes == Codes::kBelow64 ? 2 : 1;
  }

  // How many lines of weights are multiplied with a token before the next one is: as the registers
  // allow, of which signed ones take two. Measured.
  static constexpr int LinesAtOnce(Codes codes, int lines) {
    if (IsBelow16(codes)) return lines;
    return codes == Codes::kSigned ? (lines == 8 ? 1 : 2) : 4;
  }

  // add(i, the products of token i with all eight lines): token after token for each line, so that
  // their sums do not wait for each other.
  template <Codes kCodes, int kCount, class WeightsOf, class Lines, class Add>
  static void AddEightLines(const WeightsOf& weights, const Lines& lines, const Add& add) {
    Words sums[kCount];
#pragma GCC unroll 8
    for (int line = 0; line < 8; ++line) {
      const Factors<kCodes> q = Factors<kCodes>::Of(weights(line));
#pragma GCC unroll 8
      for (int i = 0; i < kCount; ++i) {
        const Words pairs = q.Times(BytesAt(lines(i).q[line]));
        sums[i] = line == 0 ? pairs : _mm256_add_epi16(sums[i], pairs);
        InThisOrder(sums[i]);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kCount; ++i) {
      add(i, _mm256_madd_epi16(sums[i], BytesAt(lines(i).multipliers[0])));
    }
  }

  // The same of one, two or four lines, token by token.
  template <Codes kCodes, int kFirst, int kAtOnce, int kMultiplier, int kCount, class WeightsOf,
            class Lines, class Add>
  static void AddLines(const WeightsOf& weights, const Lines& lines, const Add& add) {
    Factors<kCodes> q[kAtOnce];
#pragma GCC unroll 8
    for (int line = 0; line < kAtOnce; ++line) {
      q[line] = Factors<kCodes>::Of(weights(kFirst + line));
    }
#pragma GCC unroll 8
    for (int i = 0; i < kCount; ++i) {
      const Bytes multipliers = BytesAt(lines(i).multipliers[kMultiplier]);
      add(i, Widened<kCodes, kAtOnce>(
                 [&](int line) __attribute__((always_inline)) {
                   return q[line].Times(BytesAt(lines(i).q[kFirst + line]));
                 },
                 multipliers));
    }
  }

  // Sums of some lines' pairs, multiplied: in 16 bits as long as they fit.
  template <Codes kCodes, int kLines, class Pairs>
  static Words Widened(const Pairs& pairs, Bytes multipliers) {
    const auto widened = [&](__m256i sums) __attribute__((always_inline)) {
      return _mm256_madd_epi16(sums, multipliers);
    };
    const auto two = [&](int first) __attribute__((always_inline)) {
      if constexpr (LinesIn16Bits(kCodes) >= 2) {
        return widened(_mm256_add_epi16(pairs(first), pairs(first + 1)));
      } else {
        return _mm256_add_epi32(widened(pairs(first)), widened(pairs(first + 1)));
      }
    };
    if constexpr (kLines == 1) {
      return widened(pairs(0));
    } else if constexpr (kLines == 2) {
      return two(0);
    } else if constexpr (LinesIn16Bits(kCodes) >= 4) {
      return widened(_mm256_add_epi16(_mm256_add_epi16(pairs(0), pairs(1)),
                                      _mm256_add_epi16(pairs(2), pairs(3))));
    } else {
      return _mm256_add_epi32(two(0), two(2));
    }
  }

  // A compiler that brings products forward runs out of registers.
  static void InThisOrder(Words& words) { __asm__ volatile("" : "+x"(words)); }
};

}  // namespace

const PanelKernels kAvx2Panels = PanelKernelsOf<Avx2>();

}  // namespace ingle
