// How sixteen columns of a panel come into registers, for every type, on any instruction set.
//
// Included after the lanes of one (x86_avx2_lanes_inline.h, x86_avx512_lanes_inline.h,
// arm_neon_lanes_inline.h), which say what a vector is. Everything is in the including file's own
// unnamed namespace, so the linker has nothing to merge. Lanes have:
//
//   kLanes                      rows that stand side by side in a vector
//   Bytes, Words, Floats        vectors: four columns of each row; an int32 a row; a float a row
//   MoveBits<from, count, to>   of every byte, moved; the other bits are 0
//   LookUp(table, bytes)        table[byte], for bytes below 16
//   WordsAt, SignedWordsAt, WideWordsAt, HalvesAt   kLanes values of 8, 8, 16 and 16 bits, widened
//   Add, And, Or, ShiftLeft<n>, ShiftRight<n>       on words; shifts are logical
//   Mul, Add, Fma, ZeroWhere(floats, words, value)  on floats
//
// A type has the Panel's struct, the number of 16-column steps in it, how many of them share a
// scale (one or two), whether there are minimums, which as many share, whether it unpacks so slowly
// that more than two tokens want it unpacked first, Scales that are decoded once a block, and
// Load<half>(panel, scales, group, side) for columns 32 * group + 16 * half. A side is kLanes of
// the sixteen rows. Steps that share a scale are a stretch.
#pragma once

#include "kernels/matmul/unrolled_inline.h"
#include "tensor/panels.h"

namespace ingle {
namespace {

inline constexpr int kSides = kPanelRows / kLanes;

// Lane r is row r: four columns a vector.
struct Weights {
  Bytes q[4];
  Floats scale;
  Floats minimum;
};

// What a type's codes are: it decides how they may be multiplied.
enum class Codes {
  kCentred,  // below 16, and counted from 8
  kBelow16,
  kBelow32,
  kBelow64,
  kSigned,  // all eight bits
};

inline Bytes SideOf(const Line& line, int side) { return BytesAt(line + 4 * kLanes * side); }
inline Floats SideOf(const PanelHalf& field, int side) { return HalvesAt(field + kLanes * side); }
inline Words SideOf(const PanelByte& field, int side) { return WordsAt(field + kLanes * side); }

inline Floats Times(Floats x, float factor) { return Mul(x, Splat(factor)); }
inline Floats Times(Floats x, Words factors) { return Mul(x, ToFloats(factors)); }

// Bits 4 * kHalf to 4 * kHalf + 3 of four lines.
template <int kHalf>
inline void LoadNibbles(const Line (&lines)[4], int side, Bytes (&q)[4]) {
  Unrolled<4>([&](auto i) { q[i] = MoveBits<4 * kHalf, 4, 0>(SideOf(lines[i], side)); });
}

// Two bits a step, steps 0 to 3.
inline void LoadPairs(const Line& line, int side, Bytes (&q)[4]) {
  const Bytes bytes = SideOf(line, side);
  Unrolled<4>([&](auto i) { q[i] = MoveBits<2 * i, 2, 0>(bytes); });
}

template <int kTo>
inline void AddPairs(const Line& line, int side, Bytes (&q)[4]) {
  const Bytes bytes = SideOf(line, side);
  Unrolled<4>([&](auto i) { q[i] = Or(q[i], MoveBits<2 * i, 2, kTo>(bytes)); });
}

// One bit a step, steps 0 to 3 of the half.
template <int kHalf, int kTo>
inline void AddBits(const Line& line, int side, Bytes (&q)[4]) {
  const Bytes bytes = SideOf(line, side);
  Unrolled<4>([&](auto i) { q[i] = Or(q[i], MoveBits<4 * kHalf + i, 1, kTo>(bytes)); });
}

inline void LookUpAll(const int8_t* table, Bytes (&q)[4]) {
  Unrolled<4>([&](auto i) { q[i] = LookUp(table, q[i]); });
}

// ---- One scale for 32 columns ----

struct OneScale {
  Floats scale;
  Floats minimum;
};

struct Q4_0 {
  using Panel = PanelQ4_0;
  using Scales = OneScale;
  static constexpr int kSteps = 2;
  static constexpr Codes kCodes = Codes::kCentred;
  static constexpr int kScaleSteps = 2;
  static constexpr bool kHasMinimums = false;
  static constexpr bool kUnpacksSlowly = false;
  // The minimum is for tiles, which products of integers have none of.
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
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
  static constexpr Codes kCodes = Codes::kBelow16;
  static constexpr bool kHasMinimums = true;
  static Scales Decode(const Panel& p, int side) { return {SideOf(p.d, side), SideOf(p.m, side)}; }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadNibbles<kHalf>(p.q, side, w.q);
    return w;
  }
};

struct Q5_0 : Q4_1 {
  using Panel = PanelQ5_0;
  static constexpr Codes kCodes = Codes::kBelow32;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
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

struct Q5_1 : Q4_1 {
  using Panel = PanelQ5_1;
  static constexpr Codes kCodes = Codes::kBelow32;
  static Scales Decode(const Panel& p, int side) { return {SideOf(p.d, side), SideOf(p.m, side)}; }
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
  using Scales = Floats;
  static constexpr int kSteps = 2;
  static constexpr Codes kCodes = Codes::kSigned;
  static constexpr int kScaleSteps = 2;
  static constexpr bool kHasMinimums = false;
  static constexpr bool kUnpacksSlowly = false;
  static Scales Decode(const Panel& p, int side) { return SideOf(p.d, side); }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& scale, int, int side) {
    Weights w{{}, scale, {}};
    Unrolled<4>([&](auto i) { w.q[i] = SideOf(p.q[4 * kHalf + i], side); });
    return w;
  }
};

struct IQ4_NL : Q8_0 {
  using Panel = PanelIQ4_NL;
  static Scales Decode(const Panel& p, int side) { return SideOf(p.d, side); }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& scale, int, int side) {
    Weights w{{}, scale, {}};
    LoadNibbles<kHalf>(p.q, side, w.q);
    LookUpAll(kIq4Values, w.q);
    return w;
  }
};

// The numbers of E2M1, counted from the lowest of them.
struct Fp4 {
  static constexpr int kCentre = 12;
  static constexpr int8_t kCodes[16] = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};
};

struct MXFP4 : Q4_1 {
  using Panel = PanelMXFP4;
  static constexpr Codes kCodes = Codes::kBelow32;
  // Half of 2^(bits - 127), as a product of two powers: the smallest have no exponent of their own.
  static Scales Decode(const Panel& p, int side) {
    const auto power = [](Words e) { return AsFloats(ShiftLeft<23>(Add(e, 63))); };
    const Words bits = SideOf(p.scale, side);
    const Words half = ShiftRight<1>(bits);
    const Words rest = ShiftRight<1>(Add(bits, 1));
    const Floats scale = Mul(power(half), power(rest));
    return {scale, Times(scale, -Fp4::kCentre)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadNibbles<kHalf>(p.q, side, w.q);
    LookUpAll(Fp4::kCodes, w.q);
    return w;
  }
};

// ---- Scales of their own for every group or half ----

template <int kCount>
struct ManyScales {
  Floats scale[kCount];
  Floats minimum[kCount];
};

struct NVFP4 {
  using Panel = PanelNVFP4;
  using Scales = ManyScales<4>;
  static constexpr int kSteps = 4;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kScaleSteps = 1;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = false;
  // Half of an E4M3 number: (8 + mantissa) * 2^(exponent - 11), the exponent 0 without the 8. As
  // the bits of a float both have the same form, but for 2^119. What is no number counts as 0.
  static Floats HalfE4M3(Words bits) {
    const Floats value = Times(AsFloats(ShiftLeft<20>(And(bits, 127))), 0x1p119f);
    return ZeroWhere(value, bits, 0x7F);
  }
  static Scales Decode(const Panel& p, int side) {
    Scales s;
    Unrolled<4>([&](auto i) {
      s.scale[i] = HalfE4M3(SideOf(p.scales[i], side));
      s.minimum[i] = Times(s.scale[i], -Fp4::kCentre);
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    LoadNibbles<kHalf>(p.q[group], side, w.q);
    LookUpAll(Fp4::kCodes, w.q);
    return w;
  }
};

struct Q2_K {
  using Panel = PanelQ2_K;
  using Scales = ManyScales<16>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow16;
  static constexpr int kScaleSteps = 1;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = false;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    const Floats dmin = Negated(SideOf(p.dmin, side));
    Scales s;
    Unrolled<16>([&](auto i) {
      const Words packed = SideOf(p.scales[i], side);
      s.scale[i] = Times(d, And(packed, 15));
      s.minimum[i] = Times(dmin, ShiftRight<4>(packed));
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    LoadPairs(p.q[group][kHalf], side, w.q);
    return w;
  }
};

struct Q3_K {
  using Panel = PanelQ3_K;
  using Scales = ManyScales<16>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow16;
  static constexpr int kScaleSteps = 1;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = false;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    Scales s;
    Unrolled<16>([&](auto i) {
      const Words low = And(ShiftRight<i / 8 * 4>(SideOf(p.scales[i % 8], side)), 15);
      const Words high = And(ShiftRight<i / 4 * 2>(SideOf(p.scales[8 + i % 4], side)), 3);
      s.scale[i] = Times(d, Add(Or(low, ShiftLeft<4>(high)), -32));
      s.minimum[i] = Times(s.scale[i], -4);
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    LoadPairs(p.groups[group].low[kHalf], side, w.q);
    AddBits<kHalf, 2>(p.groups[group].high, side, w.q);
    return w;
  }
};

// Six-bit scales and minimums of eight groups, in twelve bytes as in the block.
inline ManyScales<8> DecodeSixBits(const PanelByte (&packed)[12], Floats d, Floats dmin, int side) {
  ManyScales<8> s;
  Unrolled<4>([&](auto i) {
    const Words a = SideOf(packed[i], side);
    const Words b = SideOf(packed[i + 4], side);
    const Words c = SideOf(packed[i + 8], side);
    s.scale[i] = Times(d, And(a, 63));
    s.minimum[i] = Times(dmin, And(b, 63));
    s.scale[i + 4] = Times(d, Or(And(c, 15), And(ShiftRight<2>(a), 48)));
    s.minimum[i + 4] = Times(dmin, Or(ShiftRight<4>(c), And(ShiftRight<2>(b), 48)));
  });
  return s;
}

struct Q4_K {
  using Panel = PanelQ4_K;
  using Scales = ManyScales<8>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow16;
  static constexpr int kScaleSteps = 2;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = false;
  static Scales Decode(const Panel& p, int side) {
    return DecodeSixBits(p.scales, SideOf(p.d, side), Negated(SideOf(p.dmin, side)), side);
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
  static constexpr Codes kCodes = Codes::kBelow32;
  static Scales Decode(const Panel& p, int side) {
    return DecodeSixBits(p.scales, SideOf(p.d, side), Negated(SideOf(p.dmin, side)), side);
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
  static constexpr int kScaleSteps = 1;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = false;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    Scales s;
    Unrolled<16>([&](auto i) {
      s.scale[i] = Times(d, SignedWordsAt(p.scales[i] + kLanes * side));
      s.minimum[i] = Times(s.scale[i], -32);
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    LoadNibbles<kHalf>(p.groups[group].low, side, w.q);
    AddPairs<4>(p.groups[group].high[kHalf], side, w.q);
    return w;
  }
};

struct IQ4_XS {
  using Panel = PanelIQ4_XS;
  struct Scales {
    Floats scale[8];
  };
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kSigned;
  static constexpr int kScaleSteps = 2;
  static constexpr bool kHasMinimums = false;
  static constexpr bool kUnpacksSlowly = false;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    const Words high_bits = WideWordsAt(p.scales_high + kLanes * side);
    Scales s;
    Unrolled<8>([&](auto i) {
      const Words low = And(ShiftRight<i % 2 * 4>(SideOf(p.scales_low[i / 2], side)), 15);
      const Words high = And(ShiftRight<2 * i>(high_bits), 3);
      s.scale[i] = Times(d, Add(Or(low, ShiftLeft<4>(high)), -32));
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], {}};
    LoadNibbles<kHalf>(p.q[group], side, w.q);
    LookUpAll(kIq4Values, w.q);
    return w;
  }
};

}  // namespace
}  // namespace ingle
