#include "kernels/dequantize/dequantize.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "base/half.h"
#include "kernels/dequantize/iq_blocks.h"
#include "tensor/blocks.h"

// Each Decode takes one block. The order of the float operations is part of the definition: a
// sub-block's scale is formed first (d * scale, one rounding), then multiplied with the value, then
// the minimum subtracted. The loops are over bytes at stride one, so that compilers vectorize them.

namespace ingle {
namespace {

void Decode(const BlockQ4_0& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int i = 0; i < kBlock / 2; ++i) {
    out[i] = d * static_cast<float>((block.q[i] & 15) - 8);
    out[i + kBlock / 2] = d * static_cast<float>((block.q[i] >> 4) - 8);
  }
}

void Decode(const BlockQ4_1& block, float* out) {
  const float d = F16ToF32(block.d);
  const float m = F16ToF32(block.m);
  for (int i = 0; i < kBlock / 2; ++i) {
    out[i] = d * static_cast<float>(block.q[i] & 15) + m;
    out[i + kBlock / 2] = d * static_cast<float>(block.q[i] >> 4) + m;
  }
}

// The fifth bit of element i, in place.
int HighBit(uint32_t high, int i) { return static_cast<int>(high >> i & 1u) << 4; }

void Decode(const BlockQ5_0& block, float* out) {
  const float d = F16ToF32(block.d);
  uint32_t high;
  std::memcpy(&high, block.high, sizeof(high));
  for (int i = 0; i < kBlock / 2; ++i) {
    const int low_half = (block.q[i] & 15) | HighBit(high, i);
    const int high_half = block.q[i] >> 4 | HighBit(high, i + kBlock / 2);
    out[i] = d * static_cast<float>(low_half - 16);
    out[i + kBlock / 2] = d * static_cast<float>(high_half - 16);
  }
}

void Decode(const BlockQ5_1& block, float* out) {
  const float d = F16ToF32(block.d);
  const float m = F16ToF32(block.m);
  uint32_t high;
  std::memcpy(&high, block.high, sizeof(high));
  for (int i = 0; i < kBlock / 2; ++i) {
    const int low_half = (block.q[i] & 15) | HighBit(high, i);
    const int high_half = block.q[i] >> 4 | HighBit(high, i + kBlock / 2);
    out[i] = d * static_cast<float>(low_half) + m;
    out[i + kBlock / 2] = d * static_cast<float>(high_half) + m;
  }
}

void Decode(const BlockQ8_0& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(block.q[i]);
}

// Super-blocks. Two-bit fields: bytes of one half (32 of them) hold elements 0..31 of that half in
// their lowest bits, 32..63 in the next two, and so on. Four-bit fields alike.

void Decode(const BlockQ2_K& block, float* out) {
  const float d = F16ToF32(block.d);
  const float dmin = F16ToF32(block.dmin);
  for (int sub = 0; sub < kSuperBlock / 16; ++sub) {
    const uint8_t* q = block.q + sub / 8 * 32 + sub % 2 * 16;
    const int shift = sub / 2 % 4 * 2;
    const float scale = d * static_cast<float>(block.scales[sub] & 15);
    const float min = dmin * static_cast<float>(block.scales[sub] >> 4);
    for (int i = 0; i < 16; ++i) {
      out[sub * 16 + i] = scale * static_cast<float>(q[i] >> shift & 3) - min;
    }
  }
}

void Decode(const BlockQ3_K& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int sub = 0; sub < kSuperBlock / 16; ++sub) {
    // Scale `sub`: its low four bits are a nibble of bytes 0..7, its high two bits are in 8..11.
    const int low = block.scales[sub % 8] >> sub / 8 * 4 & 15;
    const int high = block.scales[8 + sub % 4] >> sub / 4 * 2 & 3;
    const float scale = d * static_cast<float>((low | high << 4) - 32);
    const uint8_t* q = block.q + sub / 8 * 32 + sub % 2 * 16;
    const uint8_t* third = block.high + sub % 2 * 16;
    const int shift = sub / 2 % 4 * 2;
    for (int i = 0; i < 16; ++i) {
      const int value = (q[i] >> shift & 3) | (third[i] >> sub / 2 & 1) << 2;
      out[sub * 16 + i] = scale * static_cast<float>(value - 4);
    }
  }
}

// The scale and the minimum of sub-block `sub` of Q4_K and Q5_K, six bits each. Those of the first
// four are the low bits of bytes 0..3 and 4..7; the others' low nibbles are in 8..11 and their top
// two bits in the top bits of 0..7.
struct ScaleMin {
  int scale;
  int min;
};
ScaleMin UnpackScaleMin(const uint8_t* packed, int sub) {
  if (sub < 4) return {packed[sub] & 63, packed[sub + 4] & 63};
  return {(packed[sub + 4] & 15) | packed[sub - 4] >> 6 << 4,
          packed[sub + 4] >> 4 | packed[sub] >> 6 << 4};
}

void Decode(const BlockQ4_K& block, float* out) {
  const float d = F16ToF32(block.d);
  const float dmin = F16ToF32(block.dmin);
  for (int sub = 0; sub < kSuperBlock / 32; ++sub) {
    const ScaleMin packed = UnpackScaleMin(block.scales, sub);
    const float scale = d * static_cast<float>(packed.scale);
    const float min = dmin * static_cast<float>(packed.min);
    const uint8_t* q = block.q + sub / 2 * 32;
    const int shift = sub % 2 * 4;
    for (int i = 0; i < 32; ++i) {
      out[sub * 32 + i] = scale * static_cast<float>(q[i] >> shift & 15) - min;
    }
  }
}

void Decode(const BlockQ5_K& block, float* out) {
  const float d = F16ToF32(block.d);
  const float dmin = F16ToF32(block.dmin);
  for (int sub = 0; sub < kSuperBlock / 32; ++sub) {
    const ScaleMin packed = UnpackScaleMin(block.scales, sub);
    const float scale = d * static_cast<float>(packed.scale);
    const float min = dmin * static_cast<float>(packed.min);
    const uint8_t* q = block.q + sub / 2 * 32;
    const int shift = sub % 2 * 4;
    for (int i = 0; i < 32; ++i) {
      const int value = (q[i] >> shift & 15) | (block.high[i] >> sub & 1) << 4;
      out[sub * 32 + i] = scale * static_cast<float>(value) - min;
    }
  }
}

void Decode(const BlockQ6_K& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int sub = 0; sub < kSuperBlock / 16; ++sub) {
    const float scale = d * static_cast<float>(block.scales[sub]);
    const uint8_t* low = block.low + sub / 8 * 64 + sub % 4 * 16;
    const uint8_t* high = block.high + sub / 8 * 32 + sub % 2 * 16;
    const int low_shift = sub / 4 % 2 * 4;
    const int high_shift = sub / 2 % 4 * 2;
    for (int i = 0; i < 16; ++i) {
      const int value = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
      out[sub * 16 + i] = scale * static_cast<float>(value - 32);
    }
  }
}

// Sign, four bits of exponent with bias 7, three of mantissa. The largest exponent holds numbers as
// the others do, but for the last, which is NaN.
float F8E4M3ToF32(uint8_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x80u) << 24;
  const uint32_t exponent = bits >> 3 & 15u;
  const uint32_t mantissa = bits & 7u;
  if ((bits & 0x7Fu) == 0x7Fu) return std::bit_cast<float>(sign | 0x7FC00000u);
  const float magnitude = exponent == 0
                              ? static_cast<float>(mantissa) * 0x1p-9f
                              : std::bit_cast<float>((exponent + (127 - 7)) << 23 | mantissa << 20);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
}

float F8E5M2ToF32(uint8_t bits) { return F16ToF32(static_cast<uint16_t>(bits << 8)); }

template <class Block, int kElements>
void DecodeBlocks(const std::byte* row, float* out, size_t elements) {
  for (size_t i = 0; i < elements; i += kElements, row += sizeof(Block)) {
    Block block;
    std::memcpy(&block, row, sizeof(block));
    Decode(block, out + i);
  }
}

template <class Number>
float ToFloat(Number value) {
  return static_cast<float>(value);
}

template <class Stored, float (*kConvert)(Stored)>
void DecodeEach(const std::byte* row, float* out, size_t elements) {
  for (size_t i = 0; i < elements; ++i) {
    Stored stored;
    std::memcpy(&stored, row + i * sizeof(Stored), sizeof(stored));
    out[i] = kConvert(stored);
  }
}

void Copy(const std::byte* row, float* out, size_t elements) {
  if (elements > 0) std::memcpy(out, row, elements * sizeof(float));
}

struct Decoder {
  DType type;
  void (*run)(const std::byte* row, float* out, size_t elements);
};

// In the order of DType.
constexpr Decoder kDecoders[] = {
    {DType::kF64, DecodeEach<double, ToFloat>},
    {DType::kF32, Copy},
    {DType::kF16, DecodeEach<uint16_t, F16ToF32>},
    {DType::kBF16, DecodeEach<uint16_t, BF16ToF32>},
    {DType::kF8_E4M3, DecodeEach<uint8_t, F8E4M3ToF32>},
    {DType::kF8_E5M2, DecodeEach<uint8_t, F8E5M2ToF32>},
    {DType::kI64, DecodeEach<int64_t, ToFloat>},
    {DType::kI32, DecodeEach<int32_t, ToFloat>},
    {DType::kI16, DecodeEach<int16_t, ToFloat>},
    {DType::kI8, DecodeEach<int8_t, ToFloat>},
    {DType::kU8, DecodeEach<uint8_t, ToFloat>},
    {DType::kBool, DecodeEach<uint8_t, ToFloat>},
    {DType::kQ4_0, DecodeBlocks<BlockQ4_0, kBlock>},
    {DType::kQ4_1, DecodeBlocks<BlockQ4_1, kBlock>},
    {DType::kQ5_0, DecodeBlocks<BlockQ5_0, kBlock>},
    {DType::kQ5_1, DecodeBlocks<BlockQ5_1, kBlock>},
    {DType::kQ8_0, DecodeBlocks<BlockQ8_0, kBlock>},
    {DType::kQ2_K, DecodeBlocks<BlockQ2_K, kSuperBlock>},
    {DType::kQ3_K, DecodeBlocks<BlockQ3_K, kSuperBlock>},
    {DType::kQ4_K, DecodeBlocks<BlockQ4_K, kSuperBlock>},
    {DType::kQ5_K, DecodeBlocks<BlockQ5_K, kSuperBlock>},
    {DType::kQ6_K, DecodeBlocks<BlockQ6_K, kSuperBlock>},
    {DType::kIQ1_S, DecodeBlocks<BlockIQ1_S, kSuperBlock>},
    {DType::kIQ1_M, DecodeBlocks<BlockIQ1_M, kSuperBlock>},
    {DType::kIQ2_XXS, DecodeBlocks<BlockIQ2_XXS, kSuperBlock>},
    {DType::kIQ2_XS, DecodeBlocks<BlockIQ2_XS, kSuperBlock>},
    {DType::kIQ2_S, DecodeBlocks<BlockIQ2_S, kSuperBlock>},
    {DType::kIQ3_XXS, DecodeBlocks<BlockIQ3_XXS, kSuperBlock>},
    {DType::kIQ3_S, DecodeBlocks<BlockIQ3_S, kSuperBlock>},
    {DType::kIQ4_NL, DecodeBlocks<BlockIQ4_NL, kBlock>},
    {DType::kIQ4_XS, DecodeBlocks<BlockIQ4_XS, kSuperBlock>},
    {DType::kTQ1_0, DecodeBlocks<BlockTQ1_0, kSuperBlock>},
    {DType::kTQ2_0, DecodeBlocks<BlockTQ2_0, kSuperBlock>},
    {DType::kMXFP4, DecodeBlocks<BlockMXFP4, kBlock>},
    {DType::kNVFP4, DecodeBlocks<BlockNVFP4, 2 * kBlock>},
    {DType::kQ1_0, DecodeBlocks<BlockQ1_0, 4 * kBlock>},
};

constexpr bool IsInOrder() {
  if (std::size(kDecoders) != kDTypeCount) return false;
  for (size_t i = 0; i < kDTypeCount; ++i) {
    if (kDecoders[i].type != static_cast<DType>(i)) return false;
  }
  return true;
}
static_assert(IsInOrder());

}  // namespace

void DequantizeRow(DType type, const std::byte* row, float* out, size_t elements) {
  kDecoders[static_cast<size_t>(type)].run(row, out, elements);
}

}  // namespace ingle
