#include "kernels/dequantize/dequantize.h"

#include <bit>
#include <cstdint>
#include <cstring>

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

template <class Stored, class Convert>
void DecodeEach(const std::byte* row, float* out, size_t elements, Convert convert) {
  for (size_t i = 0; i < elements; ++i) {
    Stored stored;
    std::memcpy(&stored, row + i * sizeof(Stored), sizeof(stored));
    out[i] = convert(stored);
  }
}

}  // namespace

void DequantizeRow(DType type, const std::byte* row, float* out, size_t elements) {
  switch (type) {
    case DType::kF32:
      if (elements > 0) std::memcpy(out, row, elements * sizeof(float));
      return;
    case DType::kF16:
      return DecodeEach<uint16_t>(row, out, elements, F16ToF32);
    case DType::kBF16:
      return DecodeEach<uint16_t>(row, out, elements, BF16ToF32);
    case DType::kI32:
      return DecodeEach<int32_t>(row, out, elements, ToFloat<int32_t>);
    case DType::kQ4_0:
      return DecodeBlocks<BlockQ4_0, kBlock>(row, out, elements);
    case DType::kQ4_1:
      return DecodeBlocks<BlockQ4_1, kBlock>(row, out, elements);
    case DType::kQ5_0:
      return DecodeBlocks<BlockQ5_0, kBlock>(row, out, elements);
    case DType::kQ5_1:
      return DecodeBlocks<BlockQ5_1, kBlock>(row, out, elements);
    case DType::kQ8_0:
      return DecodeBlocks<BlockQ8_0, kBlock>(row, out, elements);
    case DType::kQ2_K:
      return DecodeBlocks<BlockQ2_K, kSuperBlock>(row, out, elements);
    case DType::kQ3_K:
      return DecodeBlocks<BlockQ3_K, kSuperBlock>(row, out, elements);
    case DType::kQ4_K:
      return DecodeBlocks<BlockQ4_K, kSuperBlock>(row, out, elements);
    case DType::kQ5_K:
      return DecodeBlocks<BlockQ5_K, kSuperBlock>(row, out, elements);
    case DType::kQ6_K:
      return DecodeBlocks<BlockQ6_K, kSuperBlock>(row, out, elements);
    case DType::kIQ1_S:
      return DecodeBlocks<BlockIQ1_S, kSuperBlock>(row, out, elements);
    case DType::kIQ1_M:
      return DecodeBlocks<BlockIQ1_M, kSuperBlock>(row, out, elements);
    case DType::kIQ2_XXS:
      return DecodeBlocks<BlockIQ2_XXS, kSuperBlock>(row, out, elements);
    case DType::kIQ2_XS:
      return DecodeBlocks<BlockIQ2_XS, kSuperBlock>(row, out, elements);
    case DType::kIQ2_S:
      return DecodeBlocks<BlockIQ2_S, kSuperBlock>(row, out, elements);
    case DType::kIQ3_XXS:
      return DecodeBlocks<BlockIQ3_XXS, kSuperBlock>(row, out, elements);
    case DType::kIQ3_S:
      return DecodeBlocks<BlockIQ3_S, kSuperBlock>(row, out, elements);
    case DType::kIQ4_NL:
      return DecodeBlocks<BlockIQ4_NL, kBlock>(row, out, elements);
    case DType::kIQ4_XS:
      return DecodeBlocks<BlockIQ4_XS, kSuperBlock>(row, out, elements);
    case DType::kTQ1_0:
      return DecodeBlocks<BlockTQ1_0, kSuperBlock>(row, out, elements);
    case DType::kTQ2_0:
      return DecodeBlocks<BlockTQ2_0, kSuperBlock>(row, out, elements);
    case DType::kMXFP4:
      return DecodeBlocks<BlockMXFP4, kBlock>(row, out, elements);
    case DType::kNVFP4:
      return DecodeBlocks<BlockNVFP4, 2 * kBlock>(row, out, elements);
    case DType::kQ1_0:
      return DecodeBlocks<BlockQ1_0, 4 * kBlock>(row, out, elements);
    case DType::kF64:
      return DecodeEach<double>(row, out, elements, ToFloat<double>);
    case DType::kF8_E4M3:
      return DecodeEach<uint8_t>(row, out, elements, F8E4M3ToF32);
    case DType::kF8_E5M2:
      return DecodeEach<uint8_t>(row, out, elements, F8E5M2ToF32);
    case DType::kI64:
      return DecodeEach<int64_t>(row, out, elements, ToFloat<int64_t>);
    case DType::kI16:
      return DecodeEach<int16_t>(row, out, elements, ToFloat<int16_t>);
    case DType::kI8:
      return DecodeEach<int8_t>(row, out, elements, ToFloat<int8_t>);
    case DType::kU8:
    case DType::kBool:
      return DecodeEach<uint8_t>(row, out, elements, ToFloat<uint8_t>);
  }
}

}  // namespace ingle
