// The types of one to three bits, whose values are points of grids or digits to base three: how
// sixteen of their columns come into registers. Included after panel_types_inline.h, which says
// what a type has; lanes have besides:
//
//   Gather(table, words)          table[word], of each row: four columns of it
//   NegatedWhere(bytes, ones)     -byte where the other is 1, byte where it is 0
//   TernaryDigit(bytes, power)    of byte * power, as a fraction of 256, the first digit
//   Sub, Xor                      on words
//   WordsOf(bytes), BytesOf(words)    the same bits
//
// Reading a grid takes longer than multiplying, as do digits: such types unpack slowly.
#pragma once

#include "kernels/dequantize/iq_grid_words.h"
#include "kernels/matmul/panel_types_inline.h"

namespace ingle {
namespace {

// kCount bits of every word, moved; the other bits are 0.
template <int kFrom, int kCount, int kTo>
inline Words MoveField(Words words) {
  constexpr int kMask = ((1 << kCount) - 1) << kTo;
  if constexpr (kFrom > kTo) {
    return And(ShiftRight<kFrom - kTo>(words), kMask);
  } else {
    return And(ShiftLeft<kTo - kFrom>(words), kMask);
  }
}

// ---- Bits and ternary digits ----

struct Q1_0 : Q4_1 {
  using Panel = PanelQ1_0;
  static constexpr int kSteps = 8;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    return {Times(d, 2), Negated(d)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale, s.minimum};
    const Bytes bytes = SideOf(p.q[group], side);
    Unrolled<4>([&](auto i) { w.q[i] = MoveBits<4 * kHalf + i, 1, 0>(bytes); });
    return w;
  }
};

struct TQ2_0 : Q4_1 {
  using Panel = PanelTQ2_0;
  static constexpr int kSteps = 16;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    return {d, Negated(d)};
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale, s.minimum};
    LoadPairs(p.q[group][kHalf], side, w.q);
    return w;
  }
};

struct TQ1_0 : TQ2_0 {
  using Panel = PanelTQ1_0;
  static constexpr bool kUnpacksSlowly = true;
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    return {d, Negated(d)};
  }
  // Five digits of 32 columns, five of sixteen, four of four.
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    constexpr int kPowers[] = {1, 3, 9, 27, 81};
    Weights w{{}, s.scale, s.minimum};
    const int sixteenth = 2 * group + kHalf;
    Unrolled<4>([&](auto i) {
      const Line& line = group < 5 ? p.q[4 * kHalf + i] : sixteenth < 15 ? p.q[8 + i] : p.last;
      const int digit = group < 5 ? group : sixteenth < 15 ? sixteenth - 10 : int{i};
      w.q[i] = TernaryDigit(SideOf(line, side), kPowers[digit]);
    });
    return w;
  }
};

// ---- Points of -1, 0 and 1, moved by an eighth: counted in eighths, from -9 on ----

inline constexpr int kIq1Centre = 9;

// Points of eight values; `down` is 1 where they are moved down.
inline void LoadMoved(Words point, Words down, Bytes& first, Bytes& second) {
  const Words index = ShiftLeft<1>(point);
  const Words twos = And(Sub(Splat(0), down), 0x02020202);
  first = BytesOf(Sub(WordsOf(Gather(kIq1Words, index)), twos));
  second = BytesOf(Sub(WordsOf(Gather(kIq1Words, Add(index, 1))), twos));
}

struct IQ1_S {
  using Panel = PanelIQ1_S;
  using Scales = ManyScales<8>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kScaleSteps = 2;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = true;
  static Scales Decode(const Panel& p, int side) {
    const Floats eighth = Times(SideOf(p.d, side), 0.125f);
    Scales s;
    Unrolled<8>([&](auto g) {
      const Words high = WideWordsAt(p.groups[g].high + kLanes * side);
      s.scale[g] = Times(eighth, Add(MoveField<12, 3, 1>(high), 1));
      s.minimum[g] = Times(s.scale[g], -kIq1Centre);
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], s.minimum[group]};
    const auto& g = p.groups[group];
    const Words high = WideWordsAt(g.high + kLanes * side);
    Unrolled<2>([&](auto i) {
      constexpr int kPoint = 2 * kHalf + i;
      const Words point = Or(SideOf(g.q[kPoint], side), MoveField<3 * kPoint, 3, 8>(high));
      LoadMoved(point, ShiftRight<15>(high), w.q[2 * i], w.q[2 * i + 1]);
    });
    return w;
  }
};

struct IQ1_M {
  using Panel = PanelIQ1_M;
  using Scales = ManyScales<16>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow32;
  static constexpr int kScaleSteps = 1;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = true;
  static Scales Decode(const Panel& p, int side) {
    PanelHalf d{};
    for (int row = 0; row < kPanelRows; ++row) {
      for (int i = 0; i < 4; ++i) {
        d[row] = static_cast<uint16_t>(d[row] | p.scales[i][row] >> 12 << 4 * i);
      }
    }
    const Floats eighth = Times(SideOf(d, side), 0.125f);
    Scales s;
    Unrolled<16>([&](auto i) {
      const Words packed = WideWordsAt(p.scales[i / 4] + kLanes * side);
      s.scale[i] = Times(eighth, Add(MoveField<3 * (i % 4), 3, 1>(packed), 1));
      s.minimum[i] = Times(s.scale[i], -kIq1Centre);
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], s.minimum[2 * group + kHalf]};
    const auto& g = p.groups[group];
    const Words high = SideOf(g.high[kHalf], side);
    Unrolled<2>([&](auto i) {
      const Words point = Or(SideOf(g.q[2 * kHalf + i], side), MoveField<4 * i, 3, 8>(high));
      LoadMoved(point, MoveField<4 * i + 3, 1, 0>(high), w.q[2 * i], w.q[2 * i + 1]);
    });
    return w;
  }
};

// ---- Points with signs ----

// The signs of 32 columns, of which each eighth is the parity of the seven before it: its place has
// another bit, which the parity of all eight, itself among them, turns into the sign.
struct SevenSigns {
  Words signs;
  Words others;  // bit 2i: the other bit of columns 8i to 8i + 7

  SevenSigns(const Line& line, int side) {
    const Words packed = WordsOf(SideOf(line, side));
    Words parity = Xor(packed, ShiftRight<1>(packed));
    parity = Xor(parity, ShiftRight<16>(parity));
    parity = Xor(parity, ShiftRight<8>(parity));
    signs = Xor(packed, ShiftLeft<25>(And(parity, 0x55)));
    others = And(ShiftRight<25>(packed), 0x55);
  }
  // The four other bits next to each other.
  Words Others() const {
    const Words pairs = And(Or(others, ShiftRight<1>(others)), 0x33);
    return And(Or(pairs, ShiftRight<2>(pairs)), 0x0F);
  }
};

// Two points of eight values, signed.
template <int kHalf, class PointOf>
inline void LoadEights(const uint32_t* grid, Bytes signs, const PointOf& point_of, Bytes (&q)[4]) {
  Unrolled<2>([&](auto i) {
    const Words index = ShiftLeft<1>(point_of(i));
    q[2 * i] = NegatedWhere(Gather(grid, index), MoveBits<4 * kHalf + 2 * i, 1, 0>(signs));
    q[2 * i + 1] =
        NegatedWhere(Gather(grid, Add(index, 1)), MoveBits<4 * kHalf + 2 * i + 1, 1, 0>(signs));
  });
}

struct EightScales {
  Floats scale[8];
};

// The scales that stand in the places of signs, of d * unit.
template <class Panel>
inline EightScales DecodeOthers(const Panel& p, float unit, int side) {
  const Floats d = Times(SideOf(p.d, side), unit);
  EightScales s;
  Unrolled<8>([&](auto g) {
    const Words scale = SevenSigns(p.groups[g].signs, side).Others();
    s.scale[g] = Times(d, Add(ShiftLeft<1>(scale), 1));
  });
  return s;
}

struct IQ2_XXS {
  using Panel = PanelIQ2_XXS;
  using Scales = EightScales;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kSigned;
  static constexpr int kScaleSteps = 2;
  static constexpr bool kHasMinimums = false;
  static constexpr bool kUnpacksSlowly = true;
  static Scales Decode(const Panel& p, int side) { return DecodeOthers(p, 0.125f, side); }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], {}};
    const auto& g = p.groups[group];
    LoadEights<kHalf>(
        kIq2XxsWords, BytesOf(SevenSigns(g.signs, side).signs),
        [&](auto i) { return SideOf(g.q[2 * kHalf + i], side); }, w.q);
    return w;
  }
};

struct SixteenScales {
  Floats scale[16];
};

// Nibbles for sixteen columns each, of d / 8.
inline SixteenScales DecodeNibbles(const PanelByte (&nibbles)[8], Floats d, int side) {
  const Floats eighth = Times(d, 0.125f);
  SixteenScales s;
  Unrolled<8>([&](auto g) {
    const Words packed = SideOf(nibbles[g], side);
    s.scale[2 * g] = Times(eighth, Add(MoveField<0, 4, 1>(packed), 1));
    s.scale[2 * g + 1] = Times(eighth, Add(MoveField<4, 4, 1>(packed), 1));
  });
  return s;
}

struct IQ2_XS : IQ2_XXS {
  using Panel = PanelIQ2_XS;
  using Scales = SixteenScales;
  static constexpr int kScaleSteps = 1;
  static Scales Decode(const Panel& p, int side) {
    return DecodeNibbles(p.scales, SideOf(p.d, side), side);
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], {}};
    const auto& g = p.groups[group];
    const SevenSigns signs(g.signs, side);
    LoadEights<kHalf>(
        kIq2XsWords, BytesOf(signs.signs),
        [&](auto i) {
          constexpr int kPoint = 2 * kHalf + i;
          return Or(SideOf(g.q[kPoint], side), MoveField<2 * kPoint, 1, 8>(signs.others));
        },
        w.q);
    return w;
  }
};

struct IQ2_S : IQ2_XS {
  using Panel = PanelIQ2_S;
  static Scales Decode(const Panel& p, int side) {
    return DecodeNibbles(p.scales, SideOf(p.d, side), side);
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[2 * group + kHalf], {}};
    const auto& g = p.groups[group];
    const Words high = SideOf(g.high, side);
    LoadEights<kHalf>(
        kIq2SWords, SideOf(g.signs, side),
        [&](auto i) {
          constexpr int kPoint = 2 * kHalf + i;
          return Or(SideOf(g.q[kPoint], side), MoveField<2 * kPoint, 2, 8>(high));
        },
        w.q);
    return w;
  }
};

struct IQ3_XXS : IQ2_XXS {
  using Panel = PanelIQ3_XXS;
  static Scales Decode(const Panel& p, int side) { return DecodeOthers(p, 0.25f, side); }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], {}};
    const auto& g = p.groups[group];
    const Bytes signs = BytesOf(SevenSigns(g.signs, side).signs);
    Unrolled<4>([&](auto i) {
      const Bytes magnitudes = Gather(kIq3XxsWords, SideOf(g.q[4 * kHalf + i], side));
      w.q[i] = NegatedWhere(magnitudes, MoveBits<4 * kHalf + i, 1, 0>(signs));
    });
    return w;
  }
};

// Odd numbers from -15 to 15, counted in twos from the lowest.
struct IQ3_S {
  using Panel = PanelIQ3_S;
  using Scales = ManyScales<8>;
  static constexpr int kSteps = 16;
  static constexpr Codes kCodes = Codes::kBelow16;
  static constexpr int kScaleSteps = 2;
  static constexpr bool kHasMinimums = true;
  static constexpr bool kUnpacksSlowly = true;
  // Of negative codes all four bits are flipped.
  static constexpr int8_t kFlips[16] = {0, 15};
  static Scales Decode(const Panel& p, int side) {
    const Floats d = SideOf(p.d, side);
    Scales s;
    Unrolled<8>([&](auto g) {
      const Words packed = SideOf(p.scales[g / 2], side);
      const Floats scale = Times(d, Add(MoveField<g % 2 * 4, 4, 1>(packed), 1));
      s.scale[g] = Times(scale, 2);
      s.minimum[g] = Times(scale, -15);
    });
    return s;
  }
  template <int kHalf>
  static Weights Load(const Panel& p, const Scales& s, int group, int side) {
    Weights w{{}, s.scale[group], s.minimum[group]};
    const auto& g = p.groups[group];
    const Words high = SideOf(g.high, side);
    const Bytes signs = SideOf(g.signs, side);
    Unrolled<4>([&](auto i) {
      constexpr int kPoint = 4 * kHalf + i;
      const Words point = Or(SideOf(g.q[kPoint], side), MoveField<kPoint, 1, 8>(high));
      const Bytes flips = LookUp(kFlips, MoveBits<kPoint, 1, 0>(signs));
      const Bytes codes = Gather(kIq3SWords, point);
      w.q[i] = BytesOf(Xor(WordsOf(codes), WordsOf(flips)));
    });
    return w;
  }
};

}  // namespace
}  // namespace ingle
