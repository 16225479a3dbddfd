#include "kernels/dequantize/iq_blocks.h"

#include <bit>
#include <cstring>

#include "base/half.h"
#include "kernels/dequantize/iq_grids.h"

namespace ingle {
namespace {

// Sixteen bytes: low nibbles are elements 0..15, high nibbles 16..31.
void DecodeNibbles(const uint8_t* q, const int8_t* values, float scale, float* out) {
  for (int i = 0; i < kBlock / 2; ++i) {
    out[i] = scale * static_cast<float>(values[q[i] & 15]);
    out[i + kBlock / 2] = scale * static_cast<float>(values[q[i] >> 4]);
  }
}

// The values of a point, negated where the bit of signs is set.
template <size_t kValues>
void DecodeSigned(const std::array<int8_t, kValues>& point, float scale, unsigned signs,
                  float* out) {
  for (size_t i = 0; i < kValues; ++i) {
    const float magnitude = scale * static_cast<float>(point[i]);
    out[i] = (signs >> i & 1u) != 0 ? -magnitude : magnitude;
  }
}

// Seven signs, of which the eighth makes the number of negatives even.
unsigned WithParity(unsigned signs) {
  return signs | (static_cast<unsigned>(std::popcount(signs)) & 1u) << 7;
}

uint32_t LoadWord(const uint8_t* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

int Nibble(const uint8_t* packed, int i) { return packed[i / 2] >> i % 2 * 4 & 15; }

// The scale of a sub-block of an IQ2 type.
float Iq2Scale(float d, int scale) { return d * (0.5f + static_cast<float>(scale)) * 0.25f; }

float Iq1Scale(float d, unsigned scale) { return d * static_cast<float>(2 * scale + 1); }

// Eight values of {-1, 0, 1}, all moved by an eighth.
void DecodeTernary(unsigned point, float scale, bool down, float* out) {
  const float delta = down ? -0.125f : 0.125f;
  for (const int8_t value : kIq1Grid[point]) *out++ = scale * (static_cast<float>(value) + delta);
}

// 2^(bits - 128), which is half of what E8M0 means.
float HalfE8M0ToF32(uint8_t bits) {
  if (bits < 2) return std::bit_cast<float>(0x00200000u << bits);  // too small for an exponent
  return std::bit_cast<float>(static_cast<uint32_t>(bits - 1) << 23);
}

// Half of the number, its sign ignored; zero for the lowest and for what would be NaN.
float HalfE4M3ToF32(uint8_t bits) {
  if (bits == 0 || bits == 0x7F) return 0;
  const uint32_t exponent = bits >> 3 & 15u;
  const uint32_t mantissa = bits & 7u;
  if (exponent == 0) return static_cast<float>(mantissa) * 0x1p-10f;
  return std::bit_cast<float>((exponent + (127 - 7 - 1)) << 23 | mantissa << 20);
}

}  // namespace

void Decode(const BlockIQ4_NL& block, float* out) {
  DecodeNibbles(block.q, kIq4Values, F16ToF32(block.d), out);
}

void Decode(const BlockMXFP4& block, float* out) {
  DecodeNibbles(block.q, kFp4Values, HalfE8M0ToF32(block.scale), out);
}

void Decode(const BlockNVFP4& block, float* out) {
  for (int sub = 0; sub < 4; ++sub, out += 16) {
    const float scale = HalfE4M3ToF32(block.scales[sub]);
    for (int i = 0; i < 8; ++i) {
      out[i] = scale * static_cast<float>(kFp4Values[block.q[sub][i] & 15]);
      out[i + 8] = scale * static_cast<float>(kFp4Values[block.q[sub][i] >> 4]);
    }
  }
}

void Decode(const BlockQ1_0& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int i = 0; i < 4 * kBlock; ++i) out[i] = (block.q[i / 8] >> i % 8 & 1) != 0 ? d : -d;
}

void Decode(const BlockIQ4_XS& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int sub = 0; sub < kSuperBlock / 32; ++sub) {
    const int scale = Nibble(block.scales_low, sub) | (block.scales_high >> 2 * sub & 3) << 4;
    DecodeNibbles(block.q + sub * 16, kIq4Values, d * static_cast<float>(scale - 32),
                  out + sub * 32);
  }
}

// A byte is a fraction of 256 whose first ternary digit is the element of the first plane;
// multiplying by three, modulo 256, brings up the next.
void Decode(const BlockTQ1_0& block, float* out) {
  const float d = F16ToF32(block.d);
  const auto decode = [&out, d](const uint8_t* bytes, int count, int digits) {
    uint8_t power = 1;
    for (int digit = 0; digit < digits; ++digit, power = static_cast<uint8_t>(power * 3)) {
      for (int i = 0; i < count; ++i) {
        const auto fraction = static_cast<uint8_t>(bytes[i] * power);
        *out++ = d * static_cast<float>((fraction * 3 >> 8) - 1);
      }
    }
  };
  decode(block.q, 32, 5);
  decode(block.q + 32, 16, 5);
  decode(block.last, 4, 4);
}

void Decode(const BlockTQ2_0& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int plane = 0; plane < 8; ++plane) {
    const uint8_t* q = block.q + plane / 4 * 32;
    for (int i = 0; i < 32; ++i) {
      *out++ = d * static_cast<float>((q[i] >> plane % 4 * 2 & 3) - 1);
    }
  }
}

void Decode(const BlockIQ2_XXS& block, float* out) {
  const float d = F16ToF32(block.d);
  for (const uint8_t* q : block.q) {
    const uint32_t word = LoadWord(q + 4);
    const float scale = Iq2Scale(d, static_cast<int>(word >> 28));
    for (int i = 0; i < 4; ++i, out += 8) {
      DecodeSigned(kIq2XxsGrid[q[i]], scale, WithParity(word >> 7 * i & 127u), out);
    }
  }
}

void Decode(const BlockIQ2_XS& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int i = 0; i < kSuperBlock / 8; ++i, out += 8) {
    const float scale = Iq2Scale(d, Nibble(block.scales, i / 2));
    DecodeSigned(kIq2XsGrid[block.q[i] & 511], scale, WithParity(block.q[i] >> 9), out);
  }
}

void Decode(const BlockIQ2_S& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int i = 0; i < kSuperBlock / 8; ++i, out += 8) {
    const float scale = Iq2Scale(d, Nibble(block.scales, i / 2));
    const int point = block.q[i] | (block.high[i / 4] >> i % 4 * 2 & 3) << 8;
    DecodeSigned(kIq2SGrid[point], scale, block.signs[i], out);
  }
}

void Decode(const BlockIQ3_XXS& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int sub = 0; sub < kSuperBlock / 32; ++sub) {
    const uint32_t word = LoadWord(block.words[sub]);
    const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.5f;
    for (int i = 0; i < 8; ++i, out += 4) {
      const unsigned signs = WithParity(word >> 7 * (i / 2) & 127u) >> i % 2 * 4;
      DecodeSigned(kIq3XxsGrid[block.q[8 * sub + i]], scale, signs, out);
    }
  }
}

void Decode(const BlockIQ3_S& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int i = 0; i < kSuperBlock / 4; ++i, out += 4) {
    const float scale = d * static_cast<float>(1 + 2 * Nibble(block.scales, i / 8));
    const int point = block.q[i] | (block.high[i / 8] >> i % 8 & 1) << 8;
    const unsigned signs = static_cast<unsigned>(block.signs[i / 2]) >> i % 2 * 4;
    DecodeSigned(kIq3SGrid[point], scale, signs, out);
  }
}

void Decode(const BlockIQ1_S& block, float* out) {
  const float d = F16ToF32(block.d);
  for (int i = 0; i < kSuperBlock / 8; ++i, out += 8) {
    const unsigned high = block.high[i / 4];
    const unsigned point = block.q[i] | (high >> i % 4 * 3 & 7u) << 8;
    DecodeTernary(point, Iq1Scale(d, high >> 12 & 7u), (high & 0x8000u) != 0, out);
  }
}

void Decode(const BlockIQ1_M& block, float* out) {
  uint16_t d_bits = 0;
  for (int i = 0; i < 4; ++i) {
    d_bits = static_cast<uint16_t>(d_bits | block.scales[i] >> 12 << 4 * i);
  }
  const float d = F16ToF32(d_bits);
  for (int i = 0; i < kSuperBlock / 8; ++i, out += 8) {
    const auto high = static_cast<unsigned>(Nibble(block.high, i));
    const unsigned point = block.q[i] | (high & 7u) << 8;
    const unsigned scale = block.scales[i / 8] >> i / 2 % 4 * 3 & 7u;
    DecodeTernary(point, Iq1Scale(d, scale), (high & 8u) != 0, out);
  }
}

}  // namespace ingle
