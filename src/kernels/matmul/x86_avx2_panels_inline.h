// How sixteen columns of eight rows of a panel come into AVX2 registers, for every type. Everything
// here is in the including file's own unnamed namespace, so the linker has nothing to merge.
//
// A type has the Panel's struct, the number of 16-column steps in it, how many of them share a
// minimum (0: there is none), Scales that are decoded once a block, and Load<half>(panel, scales,
// group, side) for columns 32 * group + 16 * half. A side is one half of the rows: 0 to 7 or 8
// to 15.
#pragma once

#include "kernels/x86_avx2_inline.h"
#include "tensor/panels.h"

namespace ingle {
namespace {

// Lane r is row r: four columns a line.
struct Weights {
  __m256i q[4];
  __m256 scale;
  __m256 minimum;
};

// How large the products of a type's codes get with |p| <= 127: it decides how many may be added in
// 16 bits.
enum class Codes {
  kBelow32,  // 4 * 2 * 31 * 127 < 2^15
  kBelow64,  // 2 * 2 * 63 * 127 < 2^15
  kSigned,   // with |-128| = 128 and a sign moved over, 2 * 128 * 127 < 2^15
};

inline __m256i Load32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline __m128i Load8(const void* p) { return _mm_loadl_epi64(static_cast<const __m128i*>(p)); }

inline __m256 HalvesOf(const PanelHalf& field, int side) { return LoadF16(field + 8 * side); }
inline __m256i WordsOf(const PanelByte& field, int side) {
  return _mm256_cvtepu8_epi32(Load8(field + 8 * side));
}
inline __m256i And(__m256i a, int bits) {
  return _mm256_and_si256(a, _mm256_set1_epi8(static_cast<char>(bits)));
}

// Bits [4 * half, 4 * half + 4) of each byte.
template <int kHalf>
inline __m256i Nibble(const Line& line, int side) {
  const __m256i bytes = Load32(line + 32 * side);
  return And(kHalf == 0 ? bytes : _mm256_srli_epi16(bytes, 4), 15);
}

// Two bits of step s, at `place`; and one.
template <int kPlace>
inline __m256i Pair(__m256i line, int s) {
  const __m256i low = And(_mm256_srl_epi16(line, _mm_cvtsi32_si128(2 * s)), 3);
  return _mm256_slli_epi16(low, kPlace);
}
template <int kPlace>
inline __m256i Bit(__m256i line, int s) {
  const __m256i low = And(_mm256_srl_epi16(line, _mm_cvtsi32_si128(s)), 1);
  return _mm256_slli_epi16(low, kPlace);
}

template <int kHalf>
inline void LoadNibbles(const Line (&lines)[4], int side, __m256i (&q)[4]) {
  for (int i = 0; i < 4; ++i) q[i] = Nibble<kHalf>(lines[i], side);
}

template <int kHalf, int kPlace>
inline void AddBits(const Line& line, int side, __m256i (&q)[4]) {
  const __m256i bits = Load32(line + 32 * side);
  for (int i = 0; i < 4; ++i) q[i] = _mm256_or_si256(q[i], Bit<kPlace>(bits, 4 * kHalf + i));
}

inline void LookUp(const int8_t* values, __m256i (&q)[4]) {
  const __m256i table =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(values)));
  for (__m256i& four : q) four = _mm256_shuffle_epi8(table, four);
}

inline __m256 Times(__m256 x, float factor) { return _mm256_mul_ps(x, _mm256_set1_ps(factor)); }
inline __m256 Times(__m256 x, __m256i factors) {
  return _mm256_mul_ps(x, _mm256_cvtepi32_ps(factors));
}
inline __m256 Negated(__m256 x) { return _mm256_xor_ps(x, _mm256_set1_ps(-0.0f)); }

// ---- One scale for 32 columns ----

struct OneScale {
  __m256 scale;
  __m256 minimum;
};

struct Q4_0 {
  using Panel = PanelQ4_0;
  using Scales = OneScale;
  static constexpr int kSteps = 2;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kMinimumSteps = 2;
  static Scales Decode(const Panel& p, int side) {
    const __m256 d = HalvesOf(p.d, side);
    return {d, Times(d, -8)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadNibbles<kHalf>(p.q, side, w.q);
    return w;
  }
};

struct Q4_1 : Q4_0 {
  using Panel = PanelQ4_1;
  static Scales Decode(const Panel& p, int side) {
    return {HalvesOf(p.d, side), HalvesOf(p.m, side)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadNibbles<kHalf>(p.q, side, w.q);
    return w;
  }
};

struct Q5_0 : Q4_0 {
  using Panel = PanelQ5_0;
  static Scales Decode(const Panel& p, int side) {
    const __m256 d = HalvesOf(p.d, side);
    return {d, Times(d, -16)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadNibbles<kHalf>(p.q, side, w.q);
    AddBits<kHalf, 4>(p.high, side, w.q);
    return w;
  }
};

struct Q5_1 : Q4_0 {
  using Panel = PanelQ5_1;
  static Scales Decode(const Panel& p, int side) {
    return {HalvesOf(p.d, side), HalvesOf(p.m, side)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadNibbles<kHalf>(p.q, side, w.q);
    AddBits<kHalf, 4>(p.high, side, w.q);
    return w;
  }
};

struct Q8_0 {
  using Panel = PanelQ8_0;
  using Scales = __m256;
  static constexpr int kSteps = 2;
  static constexpr Codes kCodes = Codes::kSigned;
  static constexpr int kMinimumSteps = 0;
  static Scales Decode(const Panel& p, int side) { return HalvesOf(p.d, side); }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& scale, int, int side) {
    Weights w{{}, scale, {}};
    for (int i = 0; i < 4; ++i) w.q[i] = Load32(p.q[4 * kHalf + i] + 32 * side);
    return w;
  }
};

struct IQ4_NL : Q8_0 {
  using Panel = PanelIQ4_NL;
  static Scales Decode(const Panel& p, int side) { return HalvesOf(p.d, side); }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& scale, int, int side) {
    Weights w{{}, scale, {}};
    LoadNibbles<kHalf>(p.q, side, w.q);
    LookUp(kIq4Values, w.q);
    return w;
  }
};

// The numbers of E2M1, counted from the lowest of them.
struct Fp4 {
  static constexpr int kCentre = 12;
  static constexpr int8_t kCodes[16] = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};
};

struct MXFP4 : Q4_0 {
  using Panel = PanelMXFP4;
  // Half of 2^(bits - 127); the two smallest have no exponent of their own.
  static Scales Decode(const Panel& p, int side) {
    const __m256i bits = WordsOf(p.scale, side);
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i usual = _mm256_slli_epi32(_mm256_sub_epi32(bits, one), 23);
    const __m256i small = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), bits);
    const __m256 scale =
        _mm256_castsi256_ps(_mm256_blendv_epi8(small, usual, _mm256_cmpgt_epi32(bits, one)));
    return {scale, Times(scale, -Fp4::kCentre)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadNibbles<kHalf>(p.q, side, w.q);
    LookUp(Fp4::kCodes, w.q);
    return w;
  }
};

// ---- Scales of their own for every group or half ----

template <int kCount>
struct ManyScales {
  __m256 scale[kCount];
  __m256 minimum[kCount];
};

struct NVFP4 {
  using Panel = PanelNVFP4;
  using Scales = ManyScales<4>;
  static constexpr int kSteps = 4;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kMinimumSteps = 1;
  // Half of an E4M3 number: (8 + mantissa) * 2^(exponent - 11), the exponent 0 without the 8. The
  // one that is no number counts as 0.
  static __m256 HalfE4M3(__m256i bits) {
    const __m256i mantissa = _mm256_and_si256(bits, _mm256_set1_epi32(7));
    const __m256i exponent = _mm256_and_si256(_mm256_srli_epi32(bits, 3), _mm256_set1_epi32(15));
    const __m256 usual = _mm256_castsi256_ps(
        _mm256_or_si256(_mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(119)), 23),
                        _mm256_slli_epi32(mantissa, 20)));
    const __m256 small = Times(_mm256_cvtepi32_ps(mantissa), 0x1p-10f);
    const __m256i is_small = _mm256_cmpeq_epi32(exponent, _mm256_setzero_si256());
    const __m256i is_none = _mm256_cmpeq_epi32(bits, _mm256_set1_epi32(0x7F));
    const __m256 value = _mm256_blendv_ps(usual, small, _mm256_castsi256_ps(is_small));
    return _mm256_andnot_ps(_mm256_castsi256_ps(is_none), value);
  }
  static Scales Decode(const Panel& p, int side) {
    Scales s;
    for (int i = 0; i < 4; ++i) {
      s.scale[i] = HalfE4M3(WordsOf(p.scales[i], side));
      s.minimum[i] = Times(s.scale[i], -Fp4::kCentre);
    }
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    LoadNibbles<kHalf>(p.q[group], side, w.q);
    LookUp(Fp4::kCodes, w.q);
    return w;
  }
};

struct Q2_K {
  using Panel = PanelQ2_K;
  using Scales = ManyScales<16>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kMinimumSteps = 1;
  static Scales Decode(const Panel& p, int side) {
    const __m256 d = HalvesOf(p.d, side);
    const __m256 dmin = Negated(HalvesOf(p.dmin, side));
    Scales s;
    for (int i = 0; i < 16; ++i) {
      const __m256i packed = WordsOf(p.scales[i], side);
      s.scale[i] = Times(d, _mm256_and_si256(packed, _mm256_set1_epi32(15)));
      s.minimum[i] = Times(dmin, _mm256_srli_epi32(packed, 4));
    }
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    const __m256i line = Load32(p.q[group][kHalf] + 32 * side);
    for (int i = 0; i < 4; ++i) w.q[i] = Pair<0>(line, i);
    return w;
  }
};

struct Q3_K {
  using Panel = PanelQ3_K;
  using Scales = ManyScales<16>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kMinimumSteps = 1;
  static Scales Decode(const Panel& p, int side) {
    const __m256 d = HalvesOf(p.d, side);
    Scales s;
    for (int i = 0; i < 16; ++i) {
      const __m256i low = _mm256_and_si256(
          _mm256_srli_epi32(WordsOf(p.scales[i % 8], side), i / 8 * 4), _mm256_set1_epi32(15));
      const __m256i high = _mm256_and_si256(
          _mm256_srli_epi32(WordsOf(p.scales[8 + i % 4], side), i / 4 * 2), _mm256_set1_epi32(3));
      const __m256i packed = _mm256_or_si256(low, _mm256_slli_epi32(high, 4));
      s.scale[i] = Times(d, _mm256_sub_epi32(packed, _mm256_set1_epi32(32)));
      s.minimum[i] = Times(s.scale[i], -4);
    }
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    const __m256i line = Load32(p.groups[group].low[kHalf] + 32 * side);
    for (int i = 0; i < 4; ++i) w.q[i] = Pair<0>(line, i);
    AddBits<kHalf, 2>(p.groups[group].high, side, w.q);
    return w;
  }
};

// Six-bit scales and minimums of eight groups, in twelve bytes as in the block.
inline ManyScales<8> DecodeSixBits(const PanelByte (&packed)[12], __m256 d, __m256 dmin, int side) {
  const __m256i low_four = _mm256_set1_epi32(15);
  const __m256i low_six = _mm256_set1_epi32(63);
  const __m256i top_two = _mm256_set1_epi32(48);
  ManyScales<8> s;
  for (int i = 0; i < 4; ++i) {
    const __m256i a = WordsOf(packed[i], side);
    const __m256i b = WordsOf(packed[i + 4], side);
    const __m256i c = WordsOf(packed[i + 8], side);
    s.scale[i] = Times(d, _mm256_and_si256(a, low_six));
    s.minimum[i] = Times(dmin, _mm256_and_si256(b, low_six));
    const __m256i a_top = _mm256_and_si256(_mm256_srli_epi32(a, 2), top_two);
    const __m256i b_top = _mm256_and_si256(_mm256_srli_epi32(b, 2), top_two);
    s.scale[i + 4] = Times(d, _mm256_or_si256(_mm256_and_si256(c, low_four), a_top));
    s.minimum[i + 4] = Times(dmin, _mm256_or_si256(_mm256_srli_epi32(c, 4), b_top));
  }
  return s;
}

struct Q4_K {
  using Panel = PanelQ4_K;
  using Scales = ManyScales<8>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kMinimumSteps = 2;
  static Scales Decode(const Panel& p, int side) {
    return DecodeSixBits(p.scales, HalvesOf(p.d, side), Negated(HalvesOf(p.dmin, side)), side);
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], s.minimum[group]};
    LoadNibbles<kHalf>(p.q[group], side, w.q);
    return w;
  }
};

struct Q5_K : Q4_K {
  using Panel = PanelQ5_K;
  static Scales Decode(const Panel& p, int side) {
    return DecodeSixBits(p.scales, HalvesOf(p.d, side), Negated(HalvesOf(p.dmin, side)), side);
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], s.minimum[group]};
    LoadNibbles<kHalf>(p.groups[group].low, side, w.q);
    AddBits<kHalf, 4>(p.groups[group].high, side, w.q);
    return w;
  }
};

struct Q6_K {
  using Panel = PanelQ6_K;
  using Scales = ManyScales<16>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow64;
  static constexpr int kMinimumSteps = 1;
  static Scales Decode(const Panel& p, int side) {
    const __m256 d = HalvesOf(p.d, side);
    Scales s;
    for (int i = 0; i < 16; ++i) {
      s.scale[i] = Times(d, _mm256_cvtepi8_epi32(Load8(p.scales[i] + 8 * side)));
      s.minimum[i] = Times(s.scale[i], -32);
    }
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    LoadNibbles<kHalf>(p.groups[group].low, side, w.q);
    const __m256i line = Load32(p.groups[group].high[kHalf] + 32 * side);
    for (int i = 0; i < 4; ++i) w.q[i] = _mm256_or_si256(w.q[i], Pair<4>(line, i));
    return w;
  }
};

struct IQ4_XS {
  using Panel = PanelIQ4_XS;
  struct Scales {
    __m256 scale[8];
  };
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kSigned;
  static constexpr int kMinimumSteps = 0;
  static Scales Decode(const Panel& p, int side) {
    const __m256 d = HalvesOf(p.d, side);
    const __m256i high_bits = _mm256_cvtepu16_epi32(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(p.scales_high + 8 * side)));
    Scales s;
    for (int i = 0; i < 8; ++i) {
      const __m256i low = _mm256_and_si256(
          _mm256_srli_epi32(WordsOf(p.scales_low[i / 2], side), i % 2 * 4), _mm256_set1_epi32(15));
      const __m256i high =
          _mm256_and_si256(_mm256_srli_epi32(high_bits, 2 * i), _mm256_set1_epi32(3));
      const __m256i packed = _mm256_or_si256(low, _mm256_slli_epi32(high, 4));
      s.scale[i] = Times(d, _mm256_sub_epi32(packed, _mm256_set1_epi32(32)));
    }
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], {}};
    LoadNibbles<kHalf>(p.q[group], side, w.q);
    LookUp(kIq4Values, w.q);
    return w;
  }
};

// ---- Unpacked: what any type becomes in a worker's scratch when many tokens want it ----

struct PlainColumns {
  struct Side {
    uint8_t q[4][32];
    float scale[8];
    float minimum[8];
  };
  Side side[2];
};

inline Weights LoadPlain(const PlainColumns::Side& columns) {
  Weights w{{}, _mm256_loadu_ps(columns.scale), {}};
  for (int i = 0; i < 4; ++i) w.q[i] = Load32(columns.q[i]);
  return w;
}

}  // namespace
}  // namespace ingle
