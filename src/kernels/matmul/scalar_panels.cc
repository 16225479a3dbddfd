// The definition of products with panels: one row and sixteen columns at a time.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/half.h"
#include "kernels/dequantize/iq_grids.h"
#include "kernels/matmul/scalar.h"
#include "kernels/q8_rows.h"
#include "tensor/panels.h"

namespace ingle {
namespace {

// Sixteen columns of a row: w = scale * q + minimum.
struct Columns {
  int q[16];
  float scale;
  float minimum = 0;
};

// How many columns share a scale, and a minimum where there is one.
template <class Panel>
constexpr size_t kScaleColumns = 32;
template <>
constexpr size_t kScaleColumns<PanelQ2_K> = 16;
template <>
constexpr size_t kScaleColumns<PanelQ3_K> = 16;
template <>
constexpr size_t kScaleColumns<PanelQ6_K> = 16;
template <>
constexpr size_t kScaleColumns<PanelNVFP4> = 16;
template <>
constexpr size_t kScaleColumns<PanelIQ1_M> = 16;
template <>
constexpr size_t kScaleColumns<PanelIQ2_XS> = 16;
template <>
constexpr size_t kScaleColumns<PanelIQ2_S> = 16;

// Where values are signed and counted from none there are no minimums.
template <class Panel>
constexpr bool kHasMinimums = true;
template <>
constexpr bool kHasMinimums<PanelQ4_0> = false;
template <>
constexpr bool kHasMinimums<PanelQ8_0> = false;
template <>
constexpr bool kHasMinimums<PanelIQ4_NL> = false;
template <>
constexpr bool kHasMinimums<PanelIQ4_XS> = false;
template <>
constexpr bool kHasMinimums<PanelIQ2_XXS> = false;
template <>
constexpr bool kHasMinimums<PanelIQ2_XS> = false;
template <>
constexpr bool kHasMinimums<PanelIQ2_S> = false;
template <>
constexpr bool kHasMinimums<PanelIQ3_XXS> = false;

constexpr int kFp4Centre = 12;

// Byte of column i of a row in lines of four columns.
uint8_t ByteOf(const Line* lines, int row, int i) { return lines[i / 4][4 * row + i % 4]; }

// half: columns 16 * half to 16 * half + 15 of the 32.
int FourBits(const Line (&lines)[4], int row, int half, int i) {
  return ByteOf(lines, row, i) >> 4 * half & 15;
}
int TwoBits(const Line (&lines)[2], int row, int half, int i) {
  return lines[half][4 * row + i % 4] >> i / 4 * 2 & 3;
}
int OneBit(const Line& line, int row, int half, int i) {
  return line[4 * row + i % 4] >> (4 * half + i / 4) & 1;
}

template <class Code>
Columns Each(float scale, float minimum, const Code& code) {
  Columns columns{{}, scale, minimum};
  for (int i = 0; i < 16; ++i) columns.q[i] = code(i);
  return columns;
}

// ---- Columns 32 * group + 16 * half of a row in a block of each type ----

Columns Read(const PanelQ4_0& p, int row, int, int half) {
  return Each(F16ToF32(p.d[row]), 0, [&](int i) { return FourBits(p.q, row, half, i) - 8; });
}

Columns Read(const PanelQ4_1& p, int row, int, int half) {
  return Each(F16ToF32(p.d[row]), F16ToF32(p.m[row]),
              [&](int i) { return FourBits(p.q, row, half, i); });
}

Columns Read(const PanelQ5_0& p, int row, int, int half) {
  const float d = F16ToF32(p.d[row]);
  return Each(d, -16 * d, [&](int i) {
    return FourBits(p.q, row, half, i) | OneBit(p.high, row, half, i) << 4;
  });
}

Columns Read(const PanelQ5_1& p, int row, int, int half) {
  return Each(F16ToF32(p.d[row]), F16ToF32(p.m[row]), [&](int i) {
    return FourBits(p.q, row, half, i) | OneBit(p.high, row, half, i) << 4;
  });
}

Columns Read(const PanelQ8_0& p, int row, int, int half) {
  return Each(F16ToF32(p.d[row]), 0,
              [&](int i) { return static_cast<int8_t>(ByteOf(p.q + 4 * half, row, i)); });
}

Columns Read(const PanelIQ4_NL& p, int row, int, int half) {
  return Each(F16ToF32(p.d[row]), 0,
              [&](int i) { return kIq4Values[FourBits(p.q, row, half, i)]; });
}

Columns Read(const PanelIQ4_XS& p, int row, int group, int half) {
  const int low = p.scales_low[group / 2][row] >> group % 2 * 4 & 15;
  const int high = p.scales_high[row] >> 2 * group & 3;
  const float scale = F16ToF32(p.d[row]) * static_cast<float>((low | high << 4) - 32);
  return Each(scale, 0, [&](int i) { return kIq4Values[FourBits(p.q[group], row, half, i)]; });
}

int Fp4Code(int four_bits) { return kFp4Values[four_bits] + kFp4Centre; }

// Half of 2^(bits - 127).
float HalfE8M0(uint8_t bits) { return std::ldexp(1.0f, bits - 128); }

Columns Read(const PanelMXFP4& p, int row, int, int half) {
  const float scale = HalfE8M0(p.scale[row]);
  return Each(scale, -kFp4Centre * scale,
              [&](int i) { return Fp4Code(FourBits(p.q, row, half, i)); });
}

// Half of an E4M3 number without a sign.
float HalfE4M3(uint8_t bits) {
  if (bits == 0x7F) return 0;
  const int exponent = bits >> 3 & 15;
  const int mantissa = bits & 7;
  return exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -10)
                       : std::ldexp(static_cast<float>(8 + mantissa), exponent - 11);
}

Columns Read(const PanelNVFP4& p, int row, int group, int half) {
  const float scale = HalfE4M3(p.scales[2 * group + half][row]);
  return Each(scale, -kFp4Centre * scale,
              [&](int i) { return Fp4Code(FourBits(p.q[group], row, half, i)); });
}

Columns Read(const PanelQ2_K& p, int row, int group, int half) {
  const int packed = p.scales[2 * group + half][row];
  return Each(F16ToF32(p.d[row]) * static_cast<float>(packed & 15),
              -F16ToF32(p.dmin[row]) * static_cast<float>(packed >> 4),
              [&](int i) { return TwoBits(p.q[group], row, half, i); });
}

Columns Read(const PanelQ3_K& p, int row, int group, int half) {
  const int s = 2 * group + half;
  const int low = p.scales[s % 8][row] >> s / 8 * 4 & 15;
  const int high = p.scales[8 + s % 4][row] >> s / 4 * 2 & 3;
  const float scale = F16ToF32(p.d[row]) * static_cast<float>((low | high << 4) - 32);
  return Each(scale, -4 * scale, [&](int i) {
    return TwoBits(p.groups[group].low, row, half, i) | OneBit(p.groups[group].high, row, half, i)
                                                            << 2;
  });
}

// As in the blocks: six bits each, packed into twelve bytes.
struct ScaleMin {
  float scale;
  float minimum;
};
ScaleMin ScaleMinOf(const PanelByte (&packed)[12], int row, int group) {
  const auto byte = [&](int i) { return packed[i][row]; };
  if (group < 4) {
    return {static_cast<float>(byte(group) & 63), static_cast<float>(byte(group + 4) & 63)};
  }
  return {static_cast<float>((byte(group + 4) & 15) | byte(group - 4) >> 6 << 4),
          static_cast<float>(byte(group + 4) >> 4 | byte(group) >> 6 << 4)};
}

Columns Read(const PanelQ4_K& p, int row, int group, int half) {
  const ScaleMin packed = ScaleMinOf(p.scales, row, group);
  return Each(F16ToF32(p.d[row]) * packed.scale, -F16ToF32(p.dmin[row]) * packed.minimum,
              [&](int i) { return FourBits(p.q[group], row, half, i); });
}

Columns Read(const PanelQ5_K& p, int row, int group, int half) {
  const ScaleMin packed = ScaleMinOf(p.scales, row, group);
  return Each(F16ToF32(p.d[row]) * packed.scale, -F16ToF32(p.dmin[row]) * packed.minimum,
              [&](int i) {
                return FourBits(p.groups[group].low, row, half, i) |
                       OneBit(p.groups[group].high, row, half, i) << 4;
              });
}

Columns Read(const PanelQ6_K& p, int row, int group, int half) {
  const float scale = F16ToF32(p.d[row]) * static_cast<float>(p.scales[2 * group + half][row]);
  return Each(scale, -32 * scale, [&](int i) {
    return FourBits(p.groups[group].low, row, half, i) | TwoBits(p.groups[group].high, row, half, i)
                                                             << 4;
  });
}

Columns Read(const PanelQ1_0& p, int row, int group, int half) {
  const float d = F16ToF32(p.d[row]);
  return Each(2 * d, -d, [&](int i) { return OneBit(p.q[group], row, half, i); });
}

// A digit of a fraction of 256, to base three.
int Digit(int fraction, int index) {
  constexpr int kPowers[] = {1, 3, 9, 27, 81};
  return (fraction * kPowers[index] & 255) * 3 >> 8;
}

Columns Read(const PanelTQ1_0& p, int row, int group, int half) {
  const float d = F16ToF32(p.d[row]);
  const int sixteenth = 2 * group + half;
  return Each(d, -d, [&](int i) {
    if (group < 5) return Digit(ByteOf(p.q + 4 * half, row, i), group);
    if (sixteenth < 15) return Digit(ByteOf(p.q + 8, row, i), sixteenth - 10);
    return Digit(p.last[4 * row + i % 4], i / 4);
  });
}

Columns Read(const PanelTQ2_0& p, int row, int group, int half) {
  const float d = F16ToF32(p.d[row]);
  return Each(d, -d, [&](int i) { return TwoBits(p.q[group], row, half, i); });
}

// Points of the grid of IQ1 are -1, 0 and 1, moved by an eighth: counted in eighths, from -9 on.
constexpr int kIq1Centre = 9;
int Iq1Code(int point, int value, bool down) {
  return 8 * kIq1Grid[static_cast<size_t>(point)][static_cast<size_t>(value)] + (down ? -1 : 1) +
         kIq1Centre;
}

Columns Read(const PanelIQ1_S& p, int row, int group, int half) {
  const auto& g = p.groups[group];
  const int high = g.high[row];
  const float eighth = F16ToF32(p.d[row]) * static_cast<float>(2 * (high >> 12 & 7) + 1) * 0.125f;
  return Each(eighth, -kIq1Centre * eighth, [&](int i) {
    const int k = 2 * half + i / 8;
    return Iq1Code(g.q[k][row] | (high >> 3 * k & 7) << 8, i % 8, (high & 0x8000) != 0);
  });
}

Columns Read(const PanelIQ1_M& p, int row, int group, int half) {
  const auto& g = p.groups[group];
  int d = 0;
  for (int i = 0; i < 4; ++i) d |= p.scales[i][row] >> 12 << 4 * i;
  const int scale = p.scales[group / 2][row] >> 3 * (group % 2 * 2 + half) & 7;
  const float eighth =
      F16ToF32(static_cast<uint16_t>(d)) * static_cast<float>(2 * scale + 1) * 0.125f;
  return Each(eighth, -kIq1Centre * eighth, [&](int i) {
    const int high = g.high[half][row] >> i / 8 * 4 & 15;
    const int point = g.q[2 * half + i / 8][row] | (high & 7) << 8;
    return Iq1Code(point, i % 8, (high & 8) != 0);
  });
}

// The signs of 32 columns, of which each eighth is the parity of the seven before: its place has
// another bit.
struct SevenSigns {
  const Line& line;
  int row;

  int Bit(int column) const { return OneBit(line, row, column / 16, column % 16); }
  int Other(int i) const { return Bit(8 * i + 7); }
  int Others() const { return Other(0) | Other(1) << 1 | Other(2) << 2 | Other(3) << 3; }
  bool Negative(int column) const {
    if (column % 8 < 7) return Bit(column) != 0;
    int parity = 0;
    for (int i = 1; i < 8; ++i) parity ^= Bit(column - i);
    return parity != 0;
  }
};

template <class Grid>
int Point(const Grid& grid, int point, int value, bool negative) {
  const int magnitude = grid[static_cast<size_t>(point)][static_cast<size_t>(value)];
  return negative ? -magnitude : magnitude;
}

Columns Read(const PanelIQ2_XXS& p, int row, int group, int half) {
  const auto& g = p.groups[group];
  const SevenSigns signs{g.signs, row};
  const float scale = F16ToF32(p.d[row]) * static_cast<float>(2 * signs.Others() + 1) * 0.125f;
  return Each(scale, 0, [&](int i) {
    return Point(kIq2XxsGrid, g.q[2 * half + i / 8][row], i % 8, signs.Negative(16 * half + i));
  });
}

Columns Read(const PanelIQ2_XS& p, int row, int group, int half) {
  const auto& g = p.groups[group];
  const SevenSigns signs{g.signs, row};
  const int nibble = p.scales[group][row] >> 4 * half & 15;
  const float scale = F16ToF32(p.d[row]) * static_cast<float>(2 * nibble + 1) * 0.125f;
  return Each(scale, 0, [&](int i) {
    const int k = 2 * half + i / 8;
    return Point(kIq2XsGrid, g.q[k][row] | signs.Other(k) << 8, i % 8,
                 signs.Negative(16 * half + i));
  });
}

Columns Read(const PanelIQ2_S& p, int row, int group, int half) {
  const auto& g = p.groups[group];
  const int nibble = p.scales[group][row] >> 4 * half & 15;
  const float scale = F16ToF32(p.d[row]) * static_cast<float>(2 * nibble + 1) * 0.125f;
  return Each(scale, 0, [&](int i) {
    const int k = 2 * half + i / 8;
    return Point(kIq2SGrid, g.q[k][row] | (g.high[row] >> 2 * k & 3) << 8, i % 8,
                 OneBit(g.signs, row, half, i) != 0);
  });
}

Columns Read(const PanelIQ3_XXS& p, int row, int group, int half) {
  const auto& g = p.groups[group];
  const SevenSigns signs{g.signs, row};
  const float scale = F16ToF32(p.d[row]) * static_cast<float>(2 * signs.Others() + 1) * 0.25f;
  return Each(scale, 0, [&](int i) {
    return Point(kIq3XxsGrid, g.q[4 * half + i / 4][row], i % 4, signs.Negative(16 * half + i));
  });
}

// Odd numbers from -15 to 15, counted in twos from the lowest.
Columns Read(const PanelIQ3_S& p, int row, int group, int half) {
  const auto& g = p.groups[group];
  const int nibble = p.scales[group / 2][row] >> group % 2 * 4 & 15;
  const float scale = F16ToF32(p.d[row]) * static_cast<float>(2 * nibble + 1);
  return Each(2 * scale, -15 * scale, [&](int i) {
    const int k = 4 * half + i / 4;
    const int value = Point(kIq3SGrid, g.q[k][row] | (g.high[row] >> k & 1) << 8, i % 4,
                            OneBit(g.signs, row, half, i) != 0);
    return (value + 15) / 2;
  });
}

// ---- Products ----

float FloatAt(const std::byte* row, size_t offset, size_t index) {
  float value;
  std::memcpy(&value, row + offset + index * sizeof(float), sizeof(value));
  return value;
}

// One output element: the order of operations that every kernel keeps.
template <class Panel, int kGroups>
float Dot(const Panel* blocks, int row, const std::byte* x, size_t columns) {
  constexpr size_t kScaled = kScaleColumns<Panel>;
  const size_t sum_offset = kScaled == kQ8Group ? Q8SumOffset(columns) : Q8PairSumOffset(columns);
  const auto* p = reinterpret_cast<const int8_t*>(x);
  float sum = 0;
  float minimum = 0;
  for (size_t begin = 0; begin < columns; begin += kQ8Block) {
    const size_t end = std::min<size_t>(begin + kQ8Block, columns);
    float part = 0;
    for (size_t column = begin; column < end; column += kScaled) {
      int64_t product = 0;
      Columns w{};
      for (size_t i = column / 16; i < (column + kScaled) / 16; ++i) {
        const int within = static_cast<int>(i % (2 * kGroups));
        w = Read(blocks[i / (2 * kGroups)], row, within / 2, within % 2);
        int32_t dot = 0;
        for (size_t c = 0; c < 16; ++c) dot += w.q[c] * p[16 * i + c];
        product += dot * static_cast<int64_t>(FloatAt(x, Q8MultiplierOffset(columns), i));
      }
      part = std::fma(static_cast<float>(product), w.scale, part);
      if (kHasMinimums<Panel>) {
        minimum = std::fma(w.minimum, FloatAt(x, sum_offset, column / kScaled), minimum);
      }
    }
    sum = std::fma(part, FloatAt(x, Q8UnitOffset(columns), begin / kQ8Block), sum);
  }
  return kHasMinimums<Panel> ? sum + minimum : sum;
}

template <class Panel, int kGroups>
void MatMulPanels(const MatMulTask& task) {
  for (size_t r = task.row_begin; r < task.row_end; ++r) {
    const auto* blocks = reinterpret_cast<const Panel*>(task.weights + r / kPanelRows * kPanelRows *
                                                                           task.weight_row_bytes);
    for (size_t t = 0; t < task.tokens; ++t) {
      float value = Dot<Panel, kGroups>(blocks, static_cast<int>(r % kPanelRows),
                                        task.input + t * task.input_row_bytes, task.columns);
      if (task.bias != nullptr) value += task.bias[r];
      if (task.residual != nullptr) value += task.residual[t * task.residual_stride + r];
      task.output[t * task.output_stride + r] = value;
    }
  }
}

}  // namespace

void (*ScalarPanelKernel(DType type))(const MatMulTask&) {
  switch (type) {
    case DType::kQ4_0:
      return MatMulPanels<PanelQ4_0, 1>;
    case DType::kQ4_1:
      return MatMulPanels<PanelQ4_1, 1>;
    case DType::kQ5_0:
      return MatMulPanels<PanelQ5_0, 1>;
    case DType::kQ5_1:
      return MatMulPanels<PanelQ5_1, 1>;
    case DType::kQ8_0:
      return MatMulPanels<PanelQ8_0, 1>;
    case DType::kQ2_K:
      return MatMulPanels<PanelQ2_K, 8>;
    case DType::kQ3_K:
      return MatMulPanels<PanelQ3_K, 8>;
    case DType::kQ4_K:
      return MatMulPanels<PanelQ4_K, 8>;
    case DType::kQ5_K:
      return MatMulPanels<PanelQ5_K, 8>;
    case DType::kQ6_K:
      return MatMulPanels<PanelQ6_K, 8>;
    case DType::kIQ4_NL:
      return MatMulPanels<PanelIQ4_NL, 1>;
    case DType::kIQ4_XS:
      return MatMulPanels<PanelIQ4_XS, 8>;
    case DType::kMXFP4:
      return MatMulPanels<PanelMXFP4, 1>;
    case DType::kNVFP4:
      return MatMulPanels<PanelNVFP4, 2>;
    case DType::kQ1_0:
      return MatMulPanels<PanelQ1_0, 4>;
    case DType::kTQ1_0:
      return MatMulPanels<PanelTQ1_0, 8>;
    case DType::kTQ2_0:
      return MatMulPanels<PanelTQ2_0, 8>;
    case DType::kIQ1_S:
      return MatMulPanels<PanelIQ1_S, 8>;
    case DType::kIQ1_M:
      return MatMulPanels<PanelIQ1_M, 8>;
    case DType::kIQ2_XXS:
      return MatMulPanels<PanelIQ2_XXS, 8>;
    case DType::kIQ2_XS:
      return MatMulPanels<PanelIQ2_XS, 8>;
    case DType::kIQ2_S:
      return MatMulPanels<PanelIQ2_S, 8>;
    case DType::kIQ3_XXS:
      return MatMulPanels<PanelIQ3_XXS, 8>;
    case DType::kIQ3_S:
      return MatMulPanels<PanelIQ3_S, 8>;
    default:
      return nullptr;
  }
}

}  // namespace ingle
